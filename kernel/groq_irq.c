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
#include "groq_irq.h"
#include "groq_queue.h"
#include "groq_trace.h"

static irqreturn_t groq_irq_queue(int irq, void *data)
{
	bool any = groq_queue_collect(data);

	trace_groq_irq_queue(data, any);
	return any ? IRQ_HANDLED : IRQ_NONE;
}

static irqreturn_t groq_irq_device(int irq, void *data)
{
	struct groq_device *gdev = data;
	u32 causes = groq_hw_interrupts_take(&gdev->hw);

	if (!causes)
		return IRQ_NONE;
	trace_groq_irq_device(gdev, causes);
	if (causes & (GROQ_INTR_QUEUE_ERROR | GROQ_INTR_FATAL))
		groq_reset_request(gdev);
	if (causes & GROQ_INTR_ALARM)
		dev_warn_ratelimited(gdev->drm.dev, "a sensor crossed its limit, see hwmon\n");
	if (causes & GROQ_INTR_ALARM)
		groq_event_raise(gdev, DRM_GROQ_EVENT_ALARM);
	if (causes & GROQ_INTR_LINK)
		groq_event_raise(gdev, DRM_GROQ_EVENT_LINK);
	return IRQ_HANDLED;
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

int groq_irq_request_queue(struct groq_queue *queue)
{
	struct groq_device *gdev = queue->gdev;
	u32 vector = groq_irq_vector(gdev, queue->index);

	snprintf(queue->name, sizeof(queue->name), "groq-%s-q%u",
		 dev_name(gdev->drm.dev), queue->index);
	return request_irq(groq_irq_number(gdev, vector), groq_irq_queue, IRQF_SHARED,
			   queue->name, queue);
}

/* Returns when no handler of the queue runs any more. */
void groq_irq_free_queue(struct groq_queue *queue)
{
	u32 vector = groq_irq_vector(queue->gdev, queue->index);

	free_irq(groq_irq_number(queue->gdev, vector), queue);
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
