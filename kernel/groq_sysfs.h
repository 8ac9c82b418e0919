/* SPDX-License-Identifier: GPL-2.0-only */
/* Attributes of the PCI device; docs/sysfs.md is their reference. */
#ifndef GROQ_SYSFS_H
#define GROQ_SYSFS_H

struct attribute_group;

extern const struct attribute_group *groq_sysfs_groups[];

#endif /* GROQ_SYSFS_H */
