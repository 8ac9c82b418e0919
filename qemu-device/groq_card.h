/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The card as QEMU sees it: a PCIe endpoint around the chip model.
 *
 * Files: groq_pci.c the endpoint, groq_host.c what the chip sees of the
 * world, groq_engine.c what runs the chip, groq_vmstate.c migration.
 *
 * Locks, in this order: the BQL, then GroqEngine.lock. Register accesses,
 * resets and state changes hold the BQL. An engine's thread runs the chip
 * without it and takes it where QEMU demands it: for interrupts, and for DMA
 * behind an IOMMU.
 */
#ifndef HW_GROQ_CARD_H
#define HW_GROQ_CARD_H

#include "hw/pci/pci_device.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "groq_chip.h"
#include "groq_tracer.h"

#define TYPE_GROQ_LPU "groq-lpu"
OBJECT_DECLARE_SIMPLE_TYPE(GroqCard, GROQ_LPU)

/*
 * An engine of the chip and what runs it: a thread of its own, or, in
 * deterministic mode, a timer on the guest's clock.
 */
typedef struct GroqEngine {
    GroqCard *card;
    enum groq_engine number;
    QEMUTimer tick;

    QemuThread thread;
    QemuEvent work;             /* set: there may be something to do */
    bool stopping;              /* atomic */

    /*
     * Held while bytes move between chip and host memory; all engines' locks
     * are held while the card is reset. Guards the rest.
     */
    QemuMutex lock;
    QemuCond idle;              /* busy went false */
    bool busy;                  /* inside the chip */
    bool paused;
    uint64_t generation;        /* of the card when it entered the chip */
} GroqEngine;

struct GroqCard {
    PCIDevice parent_obj;

    /* properties */
    uint64_t sram_bytes;
    uint64_t serial;
    uint32_t links;
    bool deterministic;
    char *trace;                /* file; NULL: none */

    const char *name;           /* for traces and logs */
    MemoryRegion registers;
    MemoryRegion window;        /* BAR2: SRAM, then nothing */
    MemoryRegion sram;
    struct groq_chip *chip;
    struct groq_tracer *tracer; /* outlives the chip; NULL: none */
    GroqEngine engines[GROQ_ENGINES];
    VMChangeStateEntry *run_state;

    /*
     * Counts resets. Work of an earlier generation moves no byte and sends no
     * interrupt. Written with the BQL and all engines' locks held.
     */
    uint64_t generation;
    bool behind_iommu;          /* atomic */

    /* The chip's state on its way through a migration stream */
    uint8_t *state;
    uint32_t state_bytes;
};

/* The callbacks of every chip; their opaque is the GroqCard. */
extern const struct groq_host groq_card_host;

void groq_engines_init(GroqCard *card);
void groq_engines_fini(GroqCard *card);
void groq_engines_start(GroqCard *card);
/* Joins the threads; drops the BQL meanwhile. */
void groq_engines_stop(GroqCard *card);
/* Returns when no engine is inside the chip; drops the BQL meanwhile. */
void groq_engines_pause(GroqCard *card);
void groq_engines_resume(GroqCard *card);
/* From here on, nothing that the chip was doing is seen outside. */
void groq_engines_reset(GroqCard *card);
void groq_engine_wake(GroqEngine *engine);
/* The engine whose thread this is; NULL with the BQL held. */
GroqEngine *groq_engine_current(void);
/* False on an engine's thread whose work a reset has overtaken. */
bool groq_engine_may_act(const GroqEngine *engine);

extern const VMStateDescription groq_vmstate;

#endif
