/* SPDX-License-Identifier: GPL-2.0-only */
/* What the PCI core tells: errors on the link, resets from outside. */
#ifndef GROQ_ERROR_H
#define GROQ_ERROR_H

struct pci_error_handlers;

extern const struct pci_error_handlers groq_error_handlers;

#endif /* GROQ_ERROR_H */
