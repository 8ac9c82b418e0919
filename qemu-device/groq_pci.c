/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groq card: the PCIe endpoint, its capabilities and its reset.
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "trace.h"

#define TYPE_GROQ_LPU "groq-lpu"
OBJECT_DECLARE_SIMPLE_TYPE(GroqCard, GROQ_LPU)

#define GROQ_PCI_VENDOR 0x1de0
#define GROQ_PCI_DEVICE 0x0000
#define GROQ_PCI_SUBSYSTEM 0xc005
#define GROQ_PCI_CLASS 0x1200
#define GROQ_VECTORS 33

struct GroqCard {
    PCIDevice parent_obj;
    uint64_t serial;
};

static void groq_fill_link(PCIDevice *pci)
{
    pcie_cap_fill_link_ep_usp(pci, QEMU_PCI_EXP_LNK_X16,
                              QEMU_PCI_EXP_LNK_16GT);
}

static void groq_realize(PCIDevice *pci, Error **errp)
{
    GroqCard *card = GROQ_LPU(pci);

    if (pci_pm_init(pci, 0x40, errp) < 0) {
        return;
    }
    if (pcie_endpoint_cap_init(pci, 0x80) < 0) {
        error_setg(errp, "no PCI Express capability");
        return;
    }
    groq_fill_link(pci);
    pcie_cap_deverr_init(pci);
    pcie_cap_flr_init(pci);
    pci->exp.aer_log.log_max = PCIE_AER_LOG_MAX_DEFAULT;
    if (pcie_aer_init(pci, PCI_ERR_VER, 0x100, PCI_ERR_SIZEOF, errp) < 0) {
        pcie_cap_exit(pci);
        return;
    }
    pcie_dev_ser_num_init(pci, 0x150, card->serial);
    pcie_ats_init(pci, 0x160, true);
    if (msix_init_exclusive_bar(pci, GROQ_VECTORS, 4, errp)) {
        pcie_aer_exit(pci);
        pcie_cap_exit(pci);
        return;
    }
    for (int vector = 0; vector < GROQ_VECTORS; vector++) {
        msix_vector_use(pci, vector);
    }
}

static void groq_exit(PCIDevice *pci)
{
    msix_uninit_exclusive_bar(pci);
    pcie_aer_exit(pci);
    pcie_cap_exit(pci);
}

static void groq_config_write(PCIDevice *pci, uint32_t address, uint32_t value,
                              int length)
{
    pci_default_write_config(pci, address, value, length);
    pcie_cap_flr_write_config(pci, address, value, length);
    pcie_aer_write_config(pci, address, value, length);
}

static void groq_reset_hold(Object *object, ResetType type)
{
    PCIDevice *pci = PCI_DEVICE(object);
    uint16_t control = pci_get_word(pci->config + pci->exp.exp_cap +
                                    PCI_EXP_DEVCTL);

    trace_groq_reset(DEVICE(pci)->id, control & PCI_EXP_DEVCTL_BCR_FLR);
    groq_fill_link(pci);
}

static const Property groq_properties[] = {
    DEFINE_PROP_UINT64("serial", GroqCard, serial, 1),
};

static void groq_class_init(ObjectClass *class, void *data)
{
    DeviceClass *device = DEVICE_CLASS(class);
    PCIDeviceClass *pci = PCI_DEVICE_CLASS(class);

    pci->realize = groq_realize;
    pci->exit = groq_exit;
    pci->config_write = groq_config_write;
    pci->vendor_id = GROQ_PCI_VENDOR;
    pci->device_id = GROQ_PCI_DEVICE;
    pci->subsystem_vendor_id = GROQ_PCI_VENDOR;
    pci->subsystem_id = GROQ_PCI_SUBSYSTEM;
    pci->class_id = GROQ_PCI_CLASS;
    RESETTABLE_CLASS(class)->phases.hold = groq_reset_hold;
    device_class_set_props(device, groq_properties);
    device->desc = "Groq language processing unit";
    device->user_creatable = true;
    set_bit(DEVICE_CATEGORY_MISC, device->categories);
}

static const TypeInfo groq_type = {
    .name = TYPE_GROQ_LPU,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(GroqCard),
    .class_init = groq_class_init,
    .interfaces = (InterfaceInfo[]) { { INTERFACE_PCIE_DEVICE }, { } },
};

static void groq_register(void)
{
    type_register_static(&groq_type);
}

type_init(groq_register)
