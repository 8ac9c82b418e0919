// SPDX-License-Identifier: GPL-2.0-only
/* Driver for Groq accelerator cards: module, PCI device, accel node. */

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci.h>

#include <drm/drm_accel.h>
#include <drm/drm_drv.h>
#include <drm/drm_file.h>
#include <drm/drm_ioctl.h>
#include <drm/drm_managed.h>

#include <hw/groq_regs.h>
#include <uapi/drm/groq_accel.h>

#include "groq_debugfs.h"
#include "groq_drv.h"
#include "groq_error.h"
#include "groq_gem.h"
#include "groq_ioctl.h"
#include "groq_irq.h"
#include "groq_pin.h"
#include "groq_power.h"
#include "groq_prime.h"
#include "groq_submit.h"
#include "groq_sysfs.h"
#include "groq_telemetry.h"
#include "groq_uring.h"

#define GROQ_SCRUBBER_PRIORITY	3

bool groq_device_enter(struct drm_device *drm, int *idx)
{
	if (!drm_dev_enter(drm, idx))
		return false;
	if (!READ_ONCE(to_groq_device(drm)->reset.gone))
		return true;
	drm_dev_exit(*idx);
	return false;
}

void groq_device_exit(int idx)
{
	drm_dev_exit(idx);
}

static int groq_open(struct drm_device *drm, struct drm_file *file)
{
	struct groq_file *gfile = kzalloc(sizeof(*gfile), GFP_KERNEL_ACCOUNT);

	if (!gfile)
		return -ENOMEM;
	groq_context_open(gfile);
	file->driver_priv = gfile;
	return 0;
}

static void groq_postclose(struct drm_device *drm, struct drm_file *file)
{
	groq_context_close(file->driver_priv);
	kfree(file->driver_priv);
}

static const struct drm_ioctl_desc groq_ioctls[] = {
	DRM_IOCTL_DEF_DRV(GROQ_GET_PARAM, groq_ioctl_get_param, 0),
	DRM_IOCTL_DEF_DRV(GROQ_BO_CREATE, groq_gem_ioctl_create, 0),
	DRM_IOCTL_DEF_DRV(GROQ_CONTEXT_CREATE, groq_ioctl_context_create, 0),
	DRM_IOCTL_DEF_DRV(GROQ_CONTEXT_DESTROY, groq_ioctl_context_destroy, 0),
	DRM_IOCTL_DEF_DRV(GROQ_SRAM_RESERVE, groq_ioctl_sram_reserve, 0),
	DRM_IOCTL_DEF_DRV(GROQ_SRAM_RELEASE, groq_ioctl_sram_release, 0),
	DRM_IOCTL_DEF_DRV(GROQ_QUEUE_CREATE, groq_ioctl_queue_create, 0),
	DRM_IOCTL_DEF_DRV(GROQ_QUEUE_DESTROY, groq_ioctl_queue_destroy, 0),
	DRM_IOCTL_DEF_DRV(GROQ_SUBMIT, groq_submit_ioctl, 0),
	DRM_IOCTL_DEF_DRV(GROQ_BO_PIN, groq_pin_ioctl, 0),
	DRM_IOCTL_DEF_DRV(GROQ_CONTEXT_QUERY, groq_ioctl_context_query, 0),
	DRM_IOCTL_DEF_DRV(GROQ_CANCEL, groq_ioctl_cancel, 0),
	DRM_IOCTL_DEF_DRV(GROQ_TOPOLOGY, groq_ioctl_topology, 0),
	DRM_IOCTL_DEF_DRV(GROQ_LINK_ALIGN, groq_ioctl_link_align, 0),
};

static const struct file_operations groq_fops = {
	.owner = THIS_MODULE,
	DRM_ACCEL_FOPS,
	.show_fdinfo = drm_show_fdinfo,
	.uring_cmd = groq_uring_cmd,
};

static const struct drm_driver groq_driver = {
	.driver_features = DRIVER_COMPUTE_ACCEL | DRIVER_GEM | DRIVER_SYNCOBJ |
			   DRIVER_SYNCOBJ_TIMELINE,
	.open = groq_open,
	.postclose = groq_postclose,
	.gem_create_object = groq_gem_create_object,
	.gem_prime_import = groq_prime_import,
	.show_fdinfo = groq_telemetry_show_fdinfo,
	.ioctls = groq_ioctls,
	.num_ioctls = ARRAY_SIZE(groq_ioctls),
	.fops = &groq_fops,
	.name = "groq",
	.desc = "Groq accelerator card",
	.major = 1,
};

static int groq_enable_pci(struct groq_device *gdev, struct pci_dev *pdev)
{
	int ret;

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot enable the PCI device\n");
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "no 64-bit DMA\n");
	dma_set_max_seg_size(&pdev->dev, UINT_MAX);
	/* The chip is reset before it may reach memory. */
	ret = groq_hw_init(&gdev->hw, pdev);
	if (ret)
		return ret;
	pci_set_master(pdev);
	return 0;
}

static int groq_init_parts(struct groq_device *gdev)
{
	int ret;

	xa_init_flags(&gdev->queues, XA_FLAGS_ALLOC);
	groq_watchdog_init(gdev);
	groq_event_init(gdev);
	ret = drmm_mutex_init(&gdev->drm, &gdev->detach);
	if (ret)
		return ret;
	ret = groq_mappings_init(gdev);
	if (ret)
		return ret;
	ret = groq_context_init(gdev);
	if (ret)
		return ret;
	ret = groq_sram_init(gdev);
	if (ret)
		return ret;
	ret = groq_coredump_init(gdev);
	if (ret)
		return ret;
	ret = groq_link_init(gdev);
	if (ret)
		return ret;
	ret = groq_measure_init(gdev);
	if (ret)
		return ret;
	return groq_reset_init(gdev);
}

static int groq_init_scrubber(struct groq_device *gdev)
{
	struct groq_queue *queue;
	int ret;

	ret = groq_windows_add(&gdev->scrubber_windows, 0, gdev->hw.sram_bytes);
	if (ret)
		return ret;
	queue = groq_queue_create(gdev, NULL, &gdev->scrubber_windows, GROQ_WINDOW_WRITE,
				  GROQ_SCRUBBER_PRIORITY);
	if (IS_ERR(queue))
		return dev_err_probe(gdev->drm.dev, PTR_ERR(queue),
				     "cannot set up a hardware queue\n");
	gdev->scrubber = queue;
	return 0;
}

static int groq_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct groq_device *gdev;
	int ret;

	gdev = devm_drm_dev_alloc(&pdev->dev, &groq_driver, struct groq_device, drm);
	if (IS_ERR(gdev))
		return PTR_ERR(gdev);
	pci_set_drvdata(pdev, gdev);
	ret = groq_enable_pci(gdev, pdev);
	if (ret)
		return ret;
	ret = groq_init_parts(gdev);
	if (ret)
		return ret;
	ret = groq_irq_init(gdev);
	if (ret)
		goto err_fini_reset;
	ret = groq_init_scrubber(gdev);
	if (ret)
		goto err_fini_irq;
	groq_irq_enable(gdev);
	ret = groq_telemetry_init(gdev);
	if (ret)
		goto err_detach_queues;
	groq_debugfs_init(gdev);
	ret = drm_dev_register(&gdev->drm, 0);
	if (ret)
		goto err_detach_queues;
	ret = groq_link_start(gdev);
	if (ret)
		goto err_unplug;
	pci_save_state(pdev);	/* what the kernel restores after a reset from outside */
	groq_power_init(gdev);
	return 0;

err_unplug:
	drm_dev_unplug(&gdev->drm);
err_detach_queues:
	groq_reset_stop(gdev);
	groq_watchdog_stop(gdev);
	groq_queue_detach_all(gdev, DRM_GROQ_STATUS_LOST, -ENODEV);
	groq_queue_put(gdev->scrubber);
err_fini_irq:
	groq_irq_fini(gdev);
err_fini_reset:
	groq_reset_fini(gdev);
	return ret;
}

static void groq_remove(struct pci_dev *pdev)
{
	struct groq_device *gdev = pci_get_drvdata(pdev);

	/* No call is inside, nor gets in, when this returns. */
	drm_dev_unplug(&gdev->drm);
	groq_link_stop(gdev);
	groq_power_fini(gdev);
	groq_reset_stop(gdev);
	groq_watchdog_stop(gdev);
	groq_queue_detach_all(gdev, DRM_GROQ_STATUS_LOST, -ENODEV);
	groq_queue_put(gdev->scrubber);
	groq_irq_fini(gdev);
	groq_mappings_remove(gdev);
	groq_reset_fini(gdev);
}

static void groq_shutdown(struct pci_dev *pdev)
{
	groq_reset_offline(pci_get_drvdata(pdev));
}

static const struct pci_device_id groq_pci_ids[] = {
	{ PCI_DEVICE(GROQ_PCI_VENDOR, GROQ_PCI_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, groq_pci_ids);

static struct pci_driver groq_pci_driver = {
	.name = "groq",
	.id_table = groq_pci_ids,
	.probe = groq_probe,
	.remove = groq_remove,
	.shutdown = groq_shutdown,
	.driver.pm = pm_ptr(&groq_power_ops),
	.err_handler = &groq_error_handlers,
	.dev_groups = groq_sysfs_groups,
};
module_pci_driver(groq_pci_driver);

MODULE_DESCRIPTION("Groq accelerator card");
MODULE_LICENSE("GPL");
MODULE_VERSION(GROQ_DRIVER_VERSION);
