/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the chip sees of the world: host memory, interrupts, time.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/units.h"
#include "hw/pci/msix.h"
#include "groq_card.h"
#include "trace.h"

/* Bounds how long a reset waits for a copy, and a vCPU for the BQL. */
#define GROQ_DMA_BURST (256 * KiB)

/* RAM only: with a device on the other side the BQL would be taken below. */
static const MemTxAttrs dma_attributes = { .memory = 1 };

static bool groq_dma_at_once(GroqCard *card, uint64_t address, void *data,
                             size_t bytes, DMADirection direction)
{
    return !qatomic_read(&card->absent) &&
           pci_dma_rw(PCI_DEVICE(card), address, data, bytes, direction,
                      dma_attributes) == MEMTX_OK;
}

static bool groq_dma_burst(GroqCard *card, uint64_t address, void *data,
                           size_t bytes, DMADirection direction)
{
    GroqEngine *engine = groq_engine_current();

    if (!engine) {
        return groq_dma_at_once(card, address, data, bytes, direction);
    }
    QEMU_LOCK_GUARD(&engine->lock);
    return groq_engine_may_act(engine) &&
           groq_dma_at_once(card, address, data, bytes, direction);
}

/*
 * An IOMMU reports a fault by an interrupt, for which QEMU wants the BQL; so
 * behind one the BQL is taken before.
 */
static bool groq_dma_burst_bql(GroqCard *card, uint64_t address, void *data,
                               size_t bytes, DMADirection direction)
{
    if (!qatomic_read(&card->behind_iommu) || bql_locked()) {
        return groq_dma_burst(card, address, data, bytes, direction);
    }
    BQL_LOCK_GUARD();
    return groq_dma_burst(card, address, data, bytes, direction);
}

static bool groq_dma(GroqCard *card, uint64_t address, void *data,
                     size_t bytes, DMADirection direction)
{
    if (groq_faults_refuse_dma(&card->faults)) {
        return false;
    }
    while (bytes) {
        size_t burst = MIN(bytes, GROQ_DMA_BURST);

        if (!groq_dma_burst_bql(card, address, data, burst, direction)) {
            return false;
        }
        address += burst;
        data = (char *)data + burst;
        bytes -= burst;
    }
    return true;
}

static bool groq_host_dma_read(void *opaque, uint64_t address, void *data,
                               size_t bytes)
{
    GroqCard *card = opaque;
    bool ok = groq_dma(card, address, data, bytes, DMA_DIRECTION_TO_DEVICE);

    trace_groq_dma_read(card->name, address, bytes, ok);
    return ok;
}

static bool groq_host_dma_write(void *opaque, uint64_t address,
                                const void *data, size_t bytes)
{
    GroqCard *card = opaque;
    bool ok = groq_dma(card, address, (void *)data, bytes,
                       DMA_DIRECTION_FROM_DEVICE);

    trace_groq_dma_write(card->name, address, bytes, ok);
    return ok;
}

bool groq_stray_dma(GroqCard *card, uint64_t address, void *data, size_t bytes,
                    bool writes)
{
    bool ok = groq_dma_at_once(card, address, data, bytes,
                               writes ? DMA_DIRECTION_FROM_DEVICE
                                      : DMA_DIRECTION_TO_DEVICE);

    trace_groq_stray_dma(card->name, address, bytes, writes, ok);
    return ok;
}

/* A masked vector has no message to lose. */
static void groq_interrupt(GroqCard *card, unsigned int vector)
{
    PCIDevice *pci = PCI_DEVICE(card);
    bool lost;

    if (card->absent || !msix_enabled(pci)) {
        return;
    }
    lost = !msix_is_masked(pci, vector) &&
           groq_faults_lose_interrupt(&card->faults);
    trace_groq_interrupt(card->name, vector, lost);
    if (!lost) {
        msix_notify(pci, vector);
    }
}

static void groq_host_interrupt(void *opaque, unsigned int vector)
{
    GroqCard *card = opaque;

    if (bql_locked()) {
        groq_interrupt(card, vector);
        return;
    }
    BQL_LOCK_GUARD();
    if (groq_engine_may_act(groq_engine_current())) {
        groq_interrupt(card, vector);
    }
}

static void groq_host_wake(void *opaque, unsigned int engine)
{
    GroqCard *card = opaque;

    groq_engine_wake(&card->engines[engine]);
}

/* Stands still while the machine does, and is exact in deterministic mode. */
static uint64_t groq_host_now_ns(void *opaque)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void groq_host_transmit(void *opaque, unsigned int link,
                               const void *message, size_t bytes)
{
    groq_cables_transmit(opaque, link, message, bytes);
}

static void groq_host_log(void *opaque, const char *message)
{
    GroqCard *card = opaque;

    if (!card->chip) {
        error_report("%s: %s", card->name, message);
        return;
    }
    qemu_log_mask(LOG_GUEST_ERROR, "%s: %s\n", card->name, message);
}

const struct groq_host groq_card_host = {
    .dma_read = groq_host_dma_read,
    .dma_write = groq_host_dma_write,
    .interrupt = groq_host_interrupt,
    .wake = groq_host_wake,
    .now_ns = groq_host_now_ns,
    .transmit = groq_host_transmit,
    .log = groq_host_log,
};
