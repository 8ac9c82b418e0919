// SPDX-License-Identifier: GPL-2.0-only
/*
 * Windows change while queues run, and what was granted must stay granted
 * meanwhile. So no window ever moves to another place in the table; one grows
 * over its neighbour, which is given up afterwards.
 */

#include <linux/errno.h>
#include <linux/stddef.h>

#include "groq_window.h"

static u32 groq_window_end(const struct groq_window *window)
{
	return window->base + window->size;
}

/* Ranges never wrap: SRAM is far smaller than 4 GiB. */
static bool groq_window_holds(const struct groq_window *window, u64 address, u64 size)
{
	return address >= window->base && address < groq_window_end(window) &&
	       size <= groq_window_end(window) - address;
}

static struct groq_window *groq_windows_holding(struct groq_windows *windows,
						u64 address, u64 size)
{
	struct groq_window *window = windows->window;

	for (; window < windows->window + GROQ_QUEUE_WINDOWS; window++)
		if (groq_window_holds(window, address, size))
			return window;
	return NULL;
}

bool groq_windows_hold(const struct groq_windows *windows, u64 address, u64 size)
{
	int i;

	for (i = 0; i < GROQ_QUEUE_WINDOWS; i++)
		if (groq_window_holds(&windows->window[i], address, size))
			return true;
	return false;
}

static struct groq_window *groq_windows_unused(struct groq_windows *windows)
{
	struct groq_window *window = windows->window;

	for (; window < windows->window + GROQ_QUEUE_WINDOWS; window++)
		if (!window->size)
			return window;
	return NULL;
}

/* The window that ends at @address, or begins there. */
static struct groq_window *groq_windows_touching(struct groq_windows *windows,
						 u32 address, bool ends)
{
	struct groq_window *window = windows->window;

	for (; window < windows->window + GROQ_QUEUE_WINDOWS; window++)
		if (window->size &&
		    address == (ends ? groq_window_end(window) : window->base))
			return window;
	return NULL;
}

/* Grants a range that no window holds. -ENOSPC: that would take one too many. */
int groq_windows_add(struct groq_windows *windows, u32 base, u32 size)
{
	struct groq_window *below = groq_windows_touching(windows, base, true);
	struct groq_window *above = groq_windows_touching(windows, base + size, false);
	struct groq_window *window = below ?: above ?: groq_windows_unused(windows);

	if (!window)
		return -ENOSPC;
	if (below && above) {
		below->size += size + above->size;
		above->size = 0;
	} else if (below) {
		below->size += size;
	} else {
		window->size = size + (above ? above->size : 0);
		window->base = base;
	}
	return 0;
}

/* Takes back a range that was granted. -ENOSPC: what is left has too many pieces. */
int groq_windows_remove(struct groq_windows *windows, u32 base, u32 size)
{
	struct groq_window *window = groq_windows_holding(windows, base, size);
	struct groq_window *rest;
	u32 end = base + size;

	if (!window)
		return -ENOENT;

	if (window->base < base && end < groq_window_end(window)) {
		rest = groq_windows_unused(windows);
		if (!rest)
			return -ENOSPC;
		rest->base = end;
		rest->size = groq_window_end(window) - end;
		window->size = base - window->base;
	} else if (window->base < base) {
		window->size = base - window->base;
	} else {
		window->size -= size;
		window->base = end;
	}
	return 0;
}
