// SPDX-License-Identifier: GPL-2.0-only
/* Must not compile: nothing has this function. */
#include <linux/module.h>

static inline int probe(void)
{
	return groq_function_that_no_kernel_has();
}
