/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCIe endpoint: identity, capabilities, BARs, reset. What the card does
 * is the chip's business (groq_chip.h); nothing here decides anything.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "exec/address-spaces.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "hw/resettable.h"
#include "migration/vmstate.h"
#include "system/runstate.h"
#include "groq_card.h"
#include "hw/groq_regs.h"
#include "hw/groq_sram.h"
#include "trace.h"

/* Places of the capabilities; the order is docs/hardware.md section 1. */
#define CAP_PM 0x40
#define CAP_EXPRESS 0x80
#define CAP_AER 0x100
#define CAP_SERIAL 0x150
#define CAP_ATS 0x160

static uint64_t groq_registers_read(void *opaque, hwaddr offset,
                                    unsigned int bytes)
{
    GroqCard *card = opaque;
    uint64_t value = card->absent ? UINT64_MAX
                                  : groq_chip_read(card->chip, offset, bytes);

    trace_groq_read(card->name, offset, bytes, value);
    return value;
}

static void groq_registers_write(void *opaque, hwaddr offset, uint64_t value,
                                 unsigned int bytes)
{
    GroqCard *card = opaque;

    trace_groq_write(card->name, offset, bytes, value);
    if (!card->absent) {
        groq_chip_write(card->chip, offset, value, bytes);
    }
}

static const MemoryRegionOps groq_registers_ops = {
    .read = groq_registers_read,
    .write = groq_registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

static bool groq_realize_bars(GroqCard *card, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(card);
    Object *owner = OBJECT(card);

    if (!card->sram_bytes || card->sram_bytes > GROQ_SRAM_BYTES) {
        error_setg(errp, "sram-size must be 1 to %d bytes", GROQ_SRAM_BYTES);
        return false;
    }
    if (!memory_region_init_ram(&card->sram, owner, "groq-sram",
                                card->sram_bytes, errp)) {
        return false;
    }
    memory_region_init_io(&card->window, owner, &groq_nothing_ops, card,
                          "groq-sram-window", GROQ_BAR_SRAM_BYTES);
    memory_region_init_io(&card->registers, owner, &groq_registers_ops, card,
                          "groq-registers", GROQ_BAR_REGS_BYTES);
    pci_register_bar(pci, GROQ_BAR_REGS, PCI_BASE_ADDRESS_MEM_TYPE_64,
                     &card->registers);
    pci_register_bar(pci, GROQ_BAR_SRAM, PCI_BASE_ADDRESS_MEM_TYPE_64 |
                     PCI_BASE_ADDRESS_MEM_PREFETCH, &card->window);
    return true;
}

static bool groq_realize_chip(GroqCard *card, Error **errp)
{
    const struct groq_chip_config config = {
        .size = sizeof(config),
        .sram_bytes = card->sram_bytes,
        .sram = memory_region_get_ram_ptr(&card->sram),
        .serial = card->serial,
        .links = card->links,
        .clock_ppb = card->clock_ppb,
    };

    card->chip = groq_chip_create(&config, &groq_card_host, card);
    if (!card->chip) {
        error_setg(errp, "the chip cannot be built with these properties");
        return false;
    }
    return true;
}

static void groq_trace_complain(void *opaque, const char *line)
{
    GroqCard *card = opaque;

    warn_report("%s: %s", card->name, line);
}

static bool groq_realize_trace(GroqCard *card, Error **errp)
{
    if (!card->trace) {
        return true;
    }
    card->tracer = groq_tracer_create(card->trace, card->name,
                                      groq_trace_complain, card);
    if (!card->tracer) {
        error_setg(errp, "trace must name a file that can be written");
        return false;
    }
    groq_chip_observe(card->chip, &groq_tracer_observer, card->tracer);
    return true;
}

/* The card keeps its state in D3hot, so it says No_Soft_Reset. */
static bool groq_realize_pm(PCIDevice *pci, Error **errp)
{
    if (pci_pm_init(pci, CAP_PM, errp) < 0) {
        return false;
    }
    pci_set_word(pci->config + CAP_PM + PCI_PM_PMC, 3);
    pci_set_word(pci->config + CAP_PM + PCI_PM_CTRL,
                 PCI_PM_CTRL_NO_SOFT_RESET);
    pci_set_word(pci->wmask + CAP_PM + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK);
    return true;
}

static void groq_fill_link(PCIDevice *pci)
{
    pcie_cap_fill_link_ep_usp(pci, QEMU_PCI_EXP_LNK_X16,
                              QEMU_PCI_EXP_LNK_16GT);
}

static bool groq_realize_express(PCIDevice *pci, Error **errp)
{
    if (pcie_endpoint_cap_init(pci, CAP_EXPRESS) < 0) {
        error_setg(errp, "the slot cannot take a PCI Express endpoint");
        return false;
    }
    groq_fill_link(pci);
    pcie_cap_deverr_init(pci);
    pcie_cap_flr_init(pci);
    pci->exp.aer_log.log_max = PCIE_AER_LOG_MAX_DEFAULT;
    if (pcie_aer_init(pci, PCI_ERR_VER, CAP_AER, PCI_ERR_SIZEOF, errp) < 0) {
        pcie_cap_exit(pci);
        return false;
    }
    pcie_dev_ser_num_init(pci, CAP_SERIAL, GROQ_LPU(pci)->serial);
    pcie_ats_init(pci, CAP_ATS, true);
    return true;
}

static bool groq_realize_msix(PCIDevice *pci, Error **errp)
{
    if (msix_init_exclusive_bar(pci, GROQ_VECTORS, GROQ_BAR_MSIX, errp)) {
        pcie_aer_exit(pci);
        pcie_cap_exit(pci);
        return false;
    }
    for (int vector = 0; vector < GROQ_VECTORS; vector++) {
        msix_vector_use(pci, vector);
    }
    return true;
}

/* The products differ in the links that they bring out. */
static uint16_t groq_subsystem(uint32_t links)
{
    switch (links) {
    case 11:
        return GROQ_PCI_SUBSYSTEM_GC1_010B;
    case 9:
        return GROQ_PCI_SUBSYSTEM_GC1_0109;
    case 0:
        return GROQ_PCI_SUBSYSTEM_GC1_0100;
    default:
        return GROQ_PCI_SUBSYSTEM_GC1_010X_ES;
    }
}

static void groq_run_state_changed(void *opaque, bool running, RunState state)
{
    GroqCard *card = opaque;

    if (running) {
        groq_engines_resume(card);
        return;
    }
    groq_engines_pause(card);
    /* The chip writes its SRAM behind the back of a migration's bitmap. */
    memory_region_set_dirty(&card->sram, 0, card->sram_bytes);
}

static void groq_realize(PCIDevice *pci, Error **errp)
{
    GroqCard *card = GROQ_LPU(pci);

    card->name = object_get_canonical_path_component(OBJECT(card));
    if (!groq_cables_fit(card, errp) ||
        !groq_realize_bars(card, errp) || !groq_realize_chip(card, errp) ||
        !groq_realize_trace(card, errp) || !groq_realize_pm(pci, errp) ||
        !groq_realize_express(pci, errp) || !groq_realize_msix(pci, errp)) {
        return;
    }
    groq_aer_init(card);
    groq_absence_init(card);
    groq_port_init(card);
    memory_region_add_subregion(&card->window, 0, &card->sram);
    pci_set_word(pci->config + PCI_SUBSYSTEM_ID, groq_subsystem(card->links));
    groq_engines_start(card);
    card->run_state = qdev_add_vm_change_state_handler(
        DEVICE(card), groq_run_state_changed, card);
    groq_cables_attach(card);
}

/* The chip itself lives until the last access to the BARs is over. */
static void groq_exit(PCIDevice *pci)
{
    GroqCard *card = GROQ_LPU(pci);

    groq_cables_detach(card);
    qemu_del_vm_change_state_handler(card->run_state);
    groq_engines_stop(card);
    /* A mapped subregion holds a reference to its owner, which is the card. */
    memory_region_del_subregion(&card->window, &card->sram);
    groq_absence_fini(card);
    groq_port_fini(card);
    msix_uninit_exclusive_bar(pci);
    pcie_aer_exit(pci);
    pcie_cap_exit(pci);
}

static void groq_init(Object *object)
{
    GroqCard *card = GROQ_LPU(object);

    qemu_mutex_init(&card->cables_lock);
    groq_faults_init(&card->faults);
    groq_engines_init(card);
}

static void groq_finalize(Object *object)
{
    GroqCard *card = GROQ_LPU(object);

    groq_engines_fini(card);
    groq_faults_fini(&card->faults);
    qemu_mutex_destroy(&card->cables_lock);
    if (card->chip) {
        groq_chip_destroy(card->chip);
    }
    if (card->tracer) {
        groq_tracer_destroy(card->tracer);
    }
}

static uint32_t groq_config_read(PCIDevice *pci, uint32_t address, int length)
{
    if (GROQ_LPU(pci)->absent) {
        return UINT32_MAX >> (32 - 8 * length);
    }
    return pci_default_read_config(pci, address, length);
}

static void groq_config_write(PCIDevice *pci, uint32_t address, uint32_t value,
                              int length)
{
    if (GROQ_LPU(pci)->absent) {
        return;
    }
    pci_default_write_config(pci, address, value, length);
    pcie_cap_flr_write_config(pci, address, value, length);
    pcie_aer_write_config(pci, address, value, length);
}

/*
 * Power stays on through RST# and FLR alike, so both are the same to the
 * chip; power-on is the creation of the device.
 */
static void groq_reset_hold(Object *object, ResetType type)
{
    PCIDevice *pci = PCI_DEVICE(object);
    GroqCard *card = GROQ_LPU(object);
    uint16_t control = pci_get_word(pci->config + pci->exp.exp_cap +
                                    PCI_EXP_DEVCTL);

    trace_groq_reset(card->name, control & PCI_EXP_DEVCTL_BCR_FLR);
    groq_engines_reset(card, false);
    pcie_cap_deverr_reset(pci);
    groq_fill_link(pci);
    qatomic_set(&card->behind_iommu,
                pci_device_iommu_address_space(pci) != &address_space_memory);
}

static const Property groq_properties[] = {
    DEFINE_PROP_SIZE("sram-size", GroqCard, sram_bytes, GROQ_SRAM_BYTES),
    DEFINE_PROP_UINT64("serial", GroqCard, serial, 1),
    DEFINE_PROP_UINT32("links", GroqCard, links, 11),
    DEFINE_PROP_INT32("clock-ppb", GroqCard, clock_ppb, 0),
    DEFINE_PROP_BOOL("deterministic", GroqCard, deterministic, false),
    DEFINE_PROP_STRING("trace", GroqCard, trace),
};

static void groq_class_init(ObjectClass *class, void *data)
{
    DeviceClass *device = DEVICE_CLASS(class);
    PCIDeviceClass *pci = PCI_DEVICE_CLASS(class);

    pci->realize = groq_realize;
    pci->exit = groq_exit;
    pci->config_read = groq_config_read;
    pci->config_write = groq_config_write;
    pci->vendor_id = GROQ_PCI_VENDOR;
    pci->device_id = GROQ_PCI_DEVICE;
    pci->subsystem_vendor_id = GROQ_PCI_VENDOR;
    pci->class_id = GROQ_PCI_CLASS >> 8;
    RESETTABLE_CLASS(class)->phases.hold = groq_reset_hold;
    device_class_set_props(device, groq_properties);
    groq_faults_class_init(class);
    device->vmsd = &groq_vmstate;
    device->desc = "Groq language processing unit";
    set_bit(DEVICE_CATEGORY_MISC, device->categories);
}

static const TypeInfo groq_type = {
    .name = TYPE_GROQ_LPU,
    .parent = TYPE_PCI_DEVICE,
    .instance_size = sizeof(GroqCard),
    .instance_init = groq_init,
    .instance_finalize = groq_finalize,
    .class_init = groq_class_init,
    .interfaces = (InterfaceInfo[]) { { INTERFACE_PCIE_DEVICE }, { } },
};

static void groq_register(void)
{
    type_register_static(&groq_type);
}

type_init(groq_register)
