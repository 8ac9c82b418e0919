/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors of the card's link, by Advanced Error Reporting: logged in the
 * endpoint and sent up to the root port, as far as masks and Device Control
 * let them.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pcie.h"
#include "groq_card.h"
#include "hw/groq_regs.h"
#include "trace.h"

/* The first word of a TLP: a memory write of one dword to 64-bit addresses, */
#define TLP_WRITE 0x60000001
/* one whose data are known to be bad, */
#define TLP_POISONED (TLP_WRITE | 1 << 14)
/* and one of a format that there is not. */
#define TLP_MALFORMED (TLP_WRITE | 7u << 29)

static const struct {
    const char *name;
    uint32_t status;
    uint16_t flags;
    uint32_t tlp;
} errors[] = {
    { "correctable", PCI_ERR_COR_RCVR, PCIE_AER_ERR_IS_CORRECTABLE, 0 },
    { "nonfatal", PCI_ERR_UNC_POISON_TLP, PCIE_AER_ERR_HEADER_VALID,
      TLP_POISONED },
    { "fatal", PCI_ERR_UNC_MALF_TLP, PCIE_AER_ERR_HEADER_VALID,
      TLP_MALFORMED },
};

/*
 * What logs of errors hold differs from machine to machine, so migration shall
 * not compare it. QEMU leaves that out for the port too.
 */
void groq_aer_init(GroqCard *card)
{
    PCIDevice *pci = PCI_DEVICE(card);
    PCIDevice *port = groq_port(card);
    uint8_t *cmask = pci->cmask + pci->exp.aer_cap;

    pci_set_long(cmask + PCI_ERR_CAP,
                 ~(PCI_ERR_CAP_FEP_MASK | PCI_ERR_CAP_TLP));
    memset(cmask + PCI_ERR_HEADER_LOG, 0, PCI_ERR_HEADER_LOG_SIZE);
    memset(cmask + PCI_ERR_TLP_PREFIX_LOG, 0, PCI_ERR_TLP_PREFIX_LOG_SIZE);
    if (port && port->exp.aer_cap) {
        pci_set_long(port->cmask + port->exp.aer_cap + PCI_ERR_ROOT_ERR_SRC,
                     0);
    }
}

/* A TLP that the driver might have sent: a write to the first register. */
static void groq_fill_header(PCIDevice *pci, uint32_t tlp, uint32_t *header)
{
    pcibus_t address = pci_get_bar_addr(pci, GROQ_BAR_REGS);

    header[0] = tlp;
    header[1] = 0x0f;           /* requester 00:00.0, all bytes of the dword */
    header[2] = address >> 32;
    header[3] = address & ~3u;
}

void groq_report_aer(GroqCard *card, const char *name, Error **errp)
{
    PCIDevice *pci = PCI_DEVICE(card);
    uint8_t *link = pci->config + pci->exp.exp_cap + PCI_EXP_LNKCAP;
    uint32_t link_capabilities = pci_get_long(link);
    PCIEAERErr error = { .source_id = pci_requester_id(pci) };

    for (size_t n = 0; n < ARRAY_SIZE(errors); n++) {
        if (strcmp(name, errors[n].name)) {
            continue;
        }
        error.status = errors[n].status;
        error.flags = errors[n].flags;
        if (errors[n].tlp) {
            groq_fill_header(pci, errors[n].tlp, error.header);
        }
        trace_groq_aer(card->name, name);
        pcie_aer_inject_error(pci, &error);
        /* QEMU 10.0 writes Device Status with the width of two registers. */
        pci_set_long(link, link_capabilities);
        return;
    }
    error_setg(errp, "aer must be correctable, nonfatal or fatal");
}
