/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Migration: the chip's own state as one buffer beside what QEMU knows of any
 * PCIe endpoint. SRAM is a RAM block and travels with the machine's memory.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie_aer.h"
#include "migration/vmstate.h"
#include "groq_card.h"
#include "trace.h"

/* The machine is stopped, so the engines are paused. */
static int groq_pre_save(void *opaque)
{
    GroqCard *card = opaque;

    card->state_bytes = groq_chip_save(card->chip, NULL, 0);
    card->state = g_malloc(card->state_bytes);
    groq_chip_save(card->chip, card->state, card->state_bytes);
    trace_groq_save(card->name, card->state_bytes);
    return 0;
}

static void groq_state_free(GroqCard *card)
{
    g_free(card->state);
    card->state = NULL;
    card->state_bytes = 0;
}

static int groq_post_save(void *opaque)
{
    groq_state_free(opaque);
    return 0;
}

/* A stream without faults is of a card that has none. */
static int groq_pre_load(void *opaque)
{
    GroqCard *card = opaque;
    GroqFaults *faults = &card->faults;

    card->gone = card->link_down = false;
    faults->lost_interrupts = 0;
    faults->dma_errors = faults->dma_errors_after = 0;
    faults->stray_result = GROQ_STRAY_NONE;
    return 0;
}

static int groq_post_load(void *opaque, int version)
{
    GroqCard *card = opaque;
    bool ok = groq_chip_load(card->chip, card->state, card->state_bytes);

    trace_groq_load(card->name, card->state_bytes, ok);
    groq_state_free(card);
    if (!ok) {
        error_report("%s: the state is not of a card with these properties",
                     card->name);
        return -EINVAL;
    }
    groq_absence_update(card);
    groq_cables_loaded(card);
    /* In case the state comes from a machine of the other mode. */
    for (int n = 0; n < GROQ_ENGINES; n++) {
        if (!card->deterministic) {
            timer_del(&card->engines[n].tick);
        }
        groq_engine_wake(&card->engines[n]);
    }
    return 0;
}

static const VMStateDescription groq_engine_vmstate = {
    .name = "groq-lpu/engine",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_TIMER(tick, GroqEngine),
        VMSTATE_END_OF_LIST()
    }
};

static bool groq_has_faults(void *opaque)
{
    GroqCard *card = opaque;
    GroqFaults *faults = &card->faults;

    return card->absent || faults->lost_interrupts || faults->dma_errors ||
           faults->dma_errors_after || faults->stray_result;
}

static bool groq_stray_result_valid(void *opaque, int version)
{
    GroqCard *card = opaque;

    return card->faults.stray_result < GROQ_STRAY_RESULTS;
}

static const VMStateDescription groq_faults_vmstate = {
    .name = "groq-lpu/faults",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = groq_has_faults,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(gone, GroqCard),
        VMSTATE_BOOL(link_down, GroqCard),
        VMSTATE_UINT32(faults.lost_interrupts, GroqCard),
        VMSTATE_UINT32(faults.dma_errors, GroqCard),
        VMSTATE_UINT32(faults.dma_errors_after, GroqCard),
        VMSTATE_UINT8(faults.stray_result, GroqCard),
        VMSTATE_VALIDATE("stray_result is one", groq_stray_result_valid),
        VMSTATE_END_OF_LIST()
    }
};

const VMStateDescription groq_vmstate = {
    .name = "groq-lpu",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = groq_pre_load,
    .pre_save = groq_pre_save,
    .post_save = groq_post_save,
    .post_load = groq_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_PCI_DEVICE(parent_obj, GroqCard),
        VMSTATE_STRUCT(parent_obj.exp.aer_log, GroqCard, 0,
                       vmstate_pcie_aer_log, PCIEAERLog),
        VMSTATE_MSIX(parent_obj, GroqCard),
        VMSTATE_STRUCT_ARRAY(engines, GroqCard, GROQ_ENGINES, 1,
                             groq_engine_vmstate, GroqEngine),
        VMSTATE_UINT32(state_bytes, GroqCard),
        VMSTATE_VBUFFER_ALLOC_UINT32(state, GroqCard, 1, NULL, state_bytes),
        VMSTATE_END_OF_LIST()
    },
    .subsections = (const VMStateDescription * const []) {
        &groq_faults_vmstate,
        NULL
    }
};
