// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue's interrupt is handled at once, in hard interrupt context: there is
 * little to do per completion, and a thread would cost more than that.
 */

#include <linux/interrupt.h>
#include <linux/pci.h>

#include <hw/groq_regs.h>
#include <uapi/drm/groq_accel.h>

#include "groq_drv.h"
#include "groq_event.h"
#include "groq_irq.h"
#include "groq_queue.h"
#include "groq_trace.h"
#include "groq_watchdog.h"

static irqreturn_t groq_irq_queue(int irq, void *data)
{
	bool any = groq_queue_collect(data);

	trace_groq_irq_queue(data, any);
	return any ? IRQ_HANDLED : IRQ_NONE;
}

/* From the device's interrupt, or instead of it. */
bool groq_irq_poll(struct groq_device *gdev)
{
	u32 causes = groq_hw_interrupts_take(&gdev->hw);

	if (!causes)
		return false;
	trace_groq_irq_device(gdev, causes);
	if (causes & (GROQ_INTR_QUEUE_ERROR | GROQ_INTR_FATAL))
		groq_watchdog_request(gdev);
	if (causes & GROQ_INTR_ALARM) {
		dev_warn_ratelimited(gdev->drm.dev, "a sensor crossed its limit, see hwmon\n");
		groq_event_raise(gdev, DRM_GROQ_EVENT_ALARM);
		groq_telemetry_alarm(gdev);
	}
	if (causes & GROQ_INTR_LINK)
		groq_link_notice(gdev);
	return true;
}

static irqreturn_t groq_irq_device(int irq, void *data)
{
	return groq_irq_poll(data) ? IRQ_HANDLED : IRQ_NONE;
}

/* After every reset of the chip, which disables them. */
void groq_irq_enable(struct groq_device *gdev)
{
	groq_hw_interrupts_enable(&gdev->hw, GROQ_INTR_QUEUE_ERROR | GROQ_INTR_FATAL |
				  GROQ_INTR_ALARM | GROQ_INTR_LINK);
}

/* With fewer vectors than queues, queues share; with one, all do. */
u32 groq_irq_vector(struct groq_device *gdev, u32 queue_index)
{
	if (gdev->irq_count == 1)
		return GROQ_VECTOR_DEVICE;
	return 1 + queue_index % (gdev->irq_count - 1);
}

static int groq_irq_number(struct groq_device *gdev, u32 vector)
{
	return pci_irq_vector(to_pci_dev(gdev->drm.dev), vector);
}

/*
 * Whoever creates a queue mostly waits for it, too: where he is now its
 * interrupt is best handled, as a wake-up that crosses processors costs more
 * than all else. It stays a wish, which administrators may overrule.
 */
int groq_irq_request_queue(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;
	int irq = groq_irq_number(gdev, groq_irq_vector(gdev, queue->index));
	int ret;

	snprintf(queue->name, sizeof(queue->name), "groq-%s-q%u",
		 dev_name(gdev->drm.dev), queue->index);
	ret = request_irq(irq, groq_irq_queue, IRQF_SHARED, queue->name, queue);
	if (!ret)
		irq_set_affinity_and_hint(irq, cpumask_of(raw_smp_processor_id()));
	return ret;
}

/* Returns when no handler of the queue runs any more. */
void groq_irq_free_queue(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;
	int irq = groq_irq_number(gdev, groq_irq_vector(gdev, queue->index));

	irq_update_affinity_hint(irq, NULL);
	free_irq(irq, queue);
}

int groq_irq_init(struct groq_device *gdev)
{
	struct pci_dev *pdev = to_pci_dev(gdev->drm.dev);
	int ret;

	ret = pci_alloc_irq_vectors(pdev, 1, gdev->hw.vector_count, PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "no MSI-X vector to be had\n");
	gdev->irq_count = ret;
	ret = request_irq(groq_irq_number(gdev, GROQ_VECTOR_DEVICE), groq_irq_device,
			  IRQF_SHARED, "groq", gdev);
	if (ret)
		pci_free_irq_vectors(pdev);
	return ret;
}

void groq_irq_fini(struct groq_device *gdev)
{
	free_irq(groq_irq_number(gdev, GROQ_VECTOR_DEVICE), gdev);
	pci_free_irq_vectors(to_pci_dev(gdev->drm.dev));
}
