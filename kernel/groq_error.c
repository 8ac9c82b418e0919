// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI error recovery, Documentation/PCI/pci-error-recovery.rst. Errors that the
 * link has corrected need nothing from the driver; the kernel counts them.
 */

#include <linux/pci.h>

#include "groq_drv.h"
#include "groq_error.h"
#include "groq_reset.h"
#include "groq_watchdog.h"

/*
 * Nobody can tell which transfer was hit, so no work in the rings is trusted,
 * even if the link goes on by itself.
 */
static pci_ers_result_t groq_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	struct groq_device *gdev = pci_get_drvdata(pdev);

	switch (state) {
	case pci_channel_io_normal:
		groq_reset_offline(gdev);
		groq_watchdog_expect(gdev);
		return PCI_ERS_RESULT_CAN_RECOVER;
	case pci_channel_io_frozen:
		groq_reset_offline(gdev);
		groq_watchdog_expect(gdev);
		return PCI_ERS_RESULT_NEED_RESET;
	default:
		groq_reset_lose(gdev, "was given up by the PCI core");
		return PCI_ERS_RESULT_DISCONNECT;
	}
}

static pci_ers_result_t groq_error_mmio_enabled(struct pci_dev *pdev)
{
	struct groq_device *gdev = pci_get_drvdata(pdev);

	return groq_hw_present(&gdev->hw) ? PCI_ERS_RESULT_RECOVERED :
					    PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t groq_error_slot_reset(struct pci_dev *pdev)
{
	struct groq_device *gdev = pci_get_drvdata(pdev);

	/* Nothing, unless another reset brought the card back in between. */
	groq_reset_offline(gdev);
	pci_restore_state(pdev);
	if (groq_hw_present(&gdev->hw))
		return PCI_ERS_RESULT_RECOVERED;
	groq_reset_lose(gdev, "does not answer any more");
	return PCI_ERS_RESULT_DISCONNECT;
}

static void groq_error_resume(struct pci_dev *pdev)
{
	groq_reset_online(pci_get_drvdata(pdev));
}

static void groq_error_reset_prepare(struct pci_dev *pdev)
{
	groq_reset_offline(pci_get_drvdata(pdev));
}

static void groq_error_reset_done(struct pci_dev *pdev)
{
	groq_reset_online(pci_get_drvdata(pdev));
}

const struct pci_error_handlers groq_error_handlers = {
	.error_detected = groq_error_detected,
	.mmio_enabled = groq_error_mmio_enabled,
	.slot_reset = groq_error_slot_reset,
	.resume = groq_error_resume,
	.reset_prepare = groq_error_reset_prepare,
	.reset_done = groq_error_reset_done,
};
