// SPDX-License-Identifier: GPL-2.0-only
/* Must compile: whatever a probe includes is included here. */
#include <linux/io_uring/cmd.h>
#include <linux/module.h>
