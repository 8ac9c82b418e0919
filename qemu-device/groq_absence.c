/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A card that is not there, though its device is: pulled out, without power,
 * or behind a link that is down. Reads give all ones, as a root port answers
 * for nobody; writes are lost; nothing comes from the card.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pcie.h"
#include "groq_card.h"
#include "hw/groq_regs.h"
#include "trace.h"

static uint64_t groq_nothing_read(void *opaque, hwaddr offset,
                                  unsigned int bytes)
{
    return UINT64_MAX;
}

static void groq_nothing_write(void *opaque, hwaddr offset, uint64_t value,
                               unsigned int bytes)
{
}

const MemoryRegionOps groq_nothing_ops = {
    .read = groq_nothing_read,
    .write = groq_nothing_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

/* Lies over the MSI-X table; the other BARs look for themselves. */
void groq_absence_init(GroqCard *card)
{
    MemoryRegion *table = &PCI_DEVICE(card)->msix_exclusive_bar;

    memory_region_init_io(&card->no_msix, OBJECT(card), &groq_nothing_ops,
                          card, "groq-no-msix", memory_region_size(table));
    memory_region_set_enabled(&card->no_msix, false);
    memory_region_add_subregion_overlap(table, 0, &card->no_msix, 1);
}

void groq_absence_fini(GroqCard *card)
{
    memory_region_del_subregion(&PCI_DEVICE(card)->msix_exclusive_bar,
                                &card->no_msix);
}

/* Also after a migration. */
void groq_absence_update(GroqCard *card)
{
    bool absent = card->gone || card->link_down;

    trace_groq_absent(card->name, absent);
    qatomic_set(&card->absent, absent);
    memory_region_transaction_begin();
    memory_region_set_enabled(&card->sram, !absent);
    memory_region_set_enabled(&card->no_msix, absent);
    memory_region_transaction_commit();
}

/* Once this returns no byte moves. */
static void groq_leave(GroqCard *card)
{
    groq_absence_update(card);
    groq_engines_reset(card, false);
}

/* What a reset keeps and power-on does not. */
static void groq_forget_errors(PCIDevice *pci)
{
    uint8_t *aer = pci->config + pci->exp.aer_cap;

    pci_set_long(aer + PCI_ERR_UNCOR_STATUS, 0);
    pci_set_long(aer + PCI_ERR_COR_STATUS, 0);
    pci_set_word(pci->config + pci->exp.exp_cap + PCI_EXP_DEVSTA, 0);
    pcie_aer_write_config(pci, pci->exp.aer_cap, 0, 0);
}

bool groq_is_too_hot(GroqCard *card)
{
    int64_t forced = groq_chip_failure(card->chip, GROQ_FAILURE_TEMPERATURE);

    return forced >= (int64_t)groq_chip_read(card->chip,
                                             GROQ_TELEMETRY_CHIP_CRIT_MC, 4);
}

void groq_set_gone(GroqCard *card, bool gone)
{
    PCIDevice *pci = PCI_DEVICE(card);

    if (gone == card->gone) {
        return;
    }
    card->gone = gone;
    if (gone) {
        groq_cables_detach(card);
        groq_leave(card);
        return;
    }
    pci_device_reset(pci);
    groq_forget_errors(pci);
    groq_engines_reset(card, true);
    groq_absence_update(card);
    groq_cables_attach(card);
}

PCIDevice *groq_port(GroqCard *card)
{
    PCIDevice *port = pci_bridge_get_device(pci_get_bus(PCI_DEVICE(card)));

    return port && pci_is_express_downstream_port(port) ? port : NULL;
}

static void groq_port_set_active(PCIDevice *port, bool active)
{
    uint8_t *cap = port->config + port->exp.exp_cap;
    bool tells = (port->cap_present & QEMU_PCIE_LNKSTA_DLLLA) ||
                 (pci_get_long(cap + PCI_EXP_LNKCAP) & PCI_EXP_LNKCAP_DLLLARC);

    pci_word_test_and_clear_mask(cap + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_DLLLA);
    if (active && tells) {
        pci_word_test_and_set_mask(cap + PCI_EXP_LNKSTA, PCI_EXP_LNKSTA_DLLLA);
    }
}

static bool groq_port_has_hot_plug(PCIDevice *port)
{
    uint8_t *cap = port->config + port->exp.exp_cap;

    return (pci_get_word(cap + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_SLOT) &&
           (pci_get_long(cap + PCI_EXP_SLTCAP) & PCI_EXP_SLTCAP_HPC);
}

/*
 * QEMU says that a link is up only for native hot-plug, and has no event for
 * its change, which is the one that Linux waits for. The event stays with the
 * port when the card goes, as the guest may have enabled it.
 */
void groq_port_init(GroqCard *card)
{
    PCIDevice *port = groq_port(card);

    if (!port) {
        return;
    }
    groq_port_set_active(port, true);
    if (groq_port_has_hot_plug(port)) {
        pci_word_test_and_set_mask(port->wmask + port->exp.exp_cap +
                                   PCI_EXP_SLTCTL, PCI_EXP_SLTCTL_DLLSCE);
        pci_word_test_and_set_mask(port->w1cmask + port->exp.exp_cap +
                                   PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_DLLSC);
    }
}

void groq_port_fini(GroqCard *card)
{
    PCIDevice *port = groq_port(card);

    if (port) {
        groq_port_set_active(port, false);
    }
}

static void groq_port_interrupt(PCIDevice *port)
{
    unsigned int vector = pcie_cap_flags_get_vector(port);

    if (msix_enabled(port)) {
        msix_notify(port, vector);
    } else if (msi_enabled(port)) {
        msi_notify(port, vector);
    } else if (pci_intx(port) != -1) {
        pci_set_irq(port, 1);
    }
}

/* PCI Express 6.7.3.4: an interrupt when the first enabled event comes. */
static void groq_port_link_changed(PCIDevice *port)
{
    uint8_t *cap = port->config + port->exp.exp_cap;
    uint16_t control = pci_get_word(cap + PCI_EXP_SLTCTL);

    pci_word_test_and_set_mask(cap + PCI_EXP_SLTSTA,
                               PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
    if ((control & PCI_EXP_SLTCTL_HPIE) &&
        (control & (PCI_EXP_SLTCTL_PDCE | PCI_EXP_SLTCTL_DLLSCE)) &&
        !port->exp.hpev_notified) {
        port->exp.hpev_notified = true;
        groq_port_interrupt(port);
    }
}

/* QEMU's ports find out by the link whether a card is there, as most do. */
static void groq_port_set_link(PCIDevice *port, bool up)
{
    uint8_t *cap = port->config + port->exp.exp_cap;

    groq_port_set_active(port, up);
    if (!groq_port_has_hot_plug(port)) {
        return;
    }
    pci_word_test_and_clear_mask(cap + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDS);
    if (up) {
        pci_word_test_and_set_mask(cap + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDS);
    }
    groq_port_link_changed(port);
}

void groq_set_link_down(GroqCard *card, bool down, Error **errp)
{
    PCIDevice *port = groq_port(card);

    if (down == card->link_down) {
        return;
    }
    if (!port) {
        error_setg(errp, "a link needs a port: put the card behind a "
                   "pcie-root-port");
        return;
    }
    card->link_down = down;
    if (down) {
        groq_leave(card);
    } else {
        pci_device_reset(PCI_DEVICE(card));
        groq_absence_update(card);
    }
    groq_port_set_link(port, !down);
}
