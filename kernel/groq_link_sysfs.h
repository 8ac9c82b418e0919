/* SPDX-License-Identifier: GPL-2.0-only */
/* The folder "links" of the PCI device, an object in it for each link; see docs/sysfs.md. */
#ifndef GROQ_LINK_SYSFS_H
#define GROQ_LINK_SYSFS_H

struct groq_device;

int groq_link_sysfs_create(struct groq_device *gdev);
/* When it returns nobody reads or writes there any more. */
void groq_link_sysfs_remove(struct groq_device *gdev);

#endif /* GROQ_LINK_SYSFS_H */
