/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The card as QEMU sees it: a PCIe endpoint around the chip model.
 *
 * Files: groq_pci.c the endpoint, groq_host.c what the chip sees of the
 * world, groq_engine.c what runs the chip, groq_vmstate.c migration,
 * groq_faults.c faults on demand, groq_absence.c a card that is gone,
 * groq_aer.c errors of the link, groq_cable.c the cables of its links.
 *
 * Locks, in this order: the BQL, then GroqEngine.lock or cables_lock. Register
 * accesses, resets and state changes hold the BQL. An engine's thread runs the
 * chip without it and takes it where QEMU demands it: for interrupts, and for
 * DMA behind an IOMMU.
 */
#ifndef HW_GROQ_CARD_H
#define HW_GROQ_CARD_H

#include "hw/pci/pci_device.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "groq_chip.h"
#include "groq_tracer.h"
#include "hw/groq_sram.h"

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

typedef struct GroqCableEnd GroqCableEnd;

typedef enum GroqStrayResult {
    GROQ_STRAY_NONE,
    GROQ_STRAY_DONE,
    GROQ_STRAY_REFUSED,
    GROQ_STRAY_RESULTS,
} GroqStrayResult;

/* What is set to fail on the card's way to the bus; the rest is the chip's. */
typedef struct GroqFaults {
    uint32_t lost_interrupts;   /* still to come; with the BQL */
    uint8_t stray_result;       /* GroqStrayResult; with the BQL */
    QemuMutex lock;             /* guards the rest; nothing is taken under it */
    uint32_t dma_errors;        /* still to come; also read without the lock */
    uint32_t dma_errors_after;  /* accesses before the first of them */
} GroqFaults;

struct GroqCard {
    PCIDevice parent_obj;

    /* properties */
    uint64_t sram_bytes;
    uint64_t serial;
    uint32_t links;
    int32_t clock_ppb;
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

    /* Held while a message is on its way to the card at the other end. */
    QemuMutex cables_lock;
    /* By link; NULL: none is plugged. Written with the BQL held, too. */
    GroqCableEnd *cables[GROQ_LINKS];

    GroqFaults faults;
    /*
     * Gone or behind a link that is down: absent. No byte moves once all
     * engines' locks were held after it became so.
     */
    bool gone;
    bool link_down;
    bool absent;                /* atomic */
    MemoryRegion no_msix;       /* in place of the MSI-X table while absent */

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
void groq_engines_reset(GroqCard *card, bool cold);
void groq_engine_wake(GroqEngine *engine);
/* The engine whose thread this is; NULL with the BQL held. */
GroqEngine *groq_engine_current(void);
/* False on an engine's thread whose work a reset has overtaken. */
bool groq_engine_may_act(const GroqEngine *engine);

/* True when the bytes have moved. With the BQL. */
bool groq_stray_dma(GroqCard *card, uint64_t address, void *data, size_t bytes,
                    bool writes);

void groq_faults_class_init(ObjectClass *class);
void groq_faults_init(GroqFaults *faults);
void groq_faults_fini(GroqFaults *faults);
/* Whether this one is to fail; it is then one less. */
bool groq_faults_refuse_dma(GroqFaults *faults);
bool groq_faults_lose_interrupt(GroqFaults *faults);

/* All ones. */
extern const MemoryRegionOps groq_nothing_ops;
void groq_absence_init(GroqCard *card);
void groq_absence_fini(GroqCard *card);
void groq_absence_update(GroqCard *card);
/* What comes back has been without power. */
void groq_set_gone(GroqCard *card, bool gone);
/* What comes back has been reset. */
void groq_set_link_down(GroqCard *card, bool down, Error **errp);
bool groq_is_too_hot(GroqCard *card);
/* The port above the card; NULL where there is none. */
PCIDevice *groq_port(GroqCard *card);
void groq_port_init(GroqCard *card);
void groq_port_fini(GroqCard *card);

/* Whether all cables that are to go into it can. */
bool groq_cables_fit(GroqCard *card, Error **errp);
/* The card is there, or is not any more. */
void groq_cables_attach(GroqCard *card);
void groq_cables_detach(GroqCard *card);
/* Its chip has the state of another one. */
void groq_cables_loaded(GroqCard *card);
/* For the chip. */
void groq_cables_transmit(GroqCard *card, unsigned int link,
                          const void *message, size_t bytes);

void groq_aer_init(GroqCard *card);
void groq_report_aer(GroqCard *card, const char *name, Error **errp);

extern const VMStateDescription groq_vmstate;

#endif
