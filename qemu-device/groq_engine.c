/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs the chip's engines: threads, or the guest's clock.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "system/runstate.h"
#include "groq_card.h"
#include "trace.h"

/*
 * Bounds how long pausing waits, milliseconds for cycles that a guest makes as
 * slow as it can; a reset ends work within the chip.
 */
static const uint64_t thread_budget[GROQ_ENGINES] = {
    [GROQ_ENGINE_COPY] = 1 << 20,           /* bytes */
    [GROQ_ENGINE_PROGRAM] = 1 << 10,        /* cycles */
};

/*
 * Deterministic mode: what an engine of the real card does in one tick, at
 * 31.5 GB/s (PCIe Gen4 x16) and at 900 MHz.
 */
#define GROQ_TICK_NS 10000
static const uint64_t tick_budget[GROQ_ENGINES] = {
    [GROQ_ENGINE_COPY] = 315000,
    [GROQ_ENGINE_PROGRAM] = 9000,
};

static const char *const thread_name[GROQ_ENGINES] = {
    [GROQ_ENGINE_COPY] = "groq-copy",
    [GROQ_ENGINE_PROGRAM] = "groq-program",
};

static __thread GroqEngine *current_engine;

GroqEngine *groq_engine_current(void)
{
    return current_engine;
}

bool groq_engine_may_act(const GroqEngine *engine)
{
    return !engine || engine->generation == engine->card->generation;
}

static bool groq_engine_enter(GroqEngine *engine)
{
    QEMU_LOCK_GUARD(&engine->lock);
    if (engine->paused) {
        return false;
    }
    engine->busy = true;
    engine->generation = engine->card->generation;
    return true;
}

static void groq_engine_leave(GroqEngine *engine)
{
    QEMU_LOCK_GUARD(&engine->lock);
    engine->busy = false;
    qemu_cond_signal(&engine->idle);
}

/* True when work is left. */
static bool groq_engine_turn(GroqEngine *engine)
{
    bool more;

    if (!groq_engine_enter(engine)) {
        return false;
    }
    more = groq_chip_work(engine->card->chip, engine->number,
                          thread_budget[engine->number]);
    groq_engine_leave(engine);
    return more;
}

/*
 * Sleeps as soon as there is nothing to do: polling for a while would take the
 * processor from the guest that is about to send the next command.
 */
static void *groq_engine_thread(void *opaque)
{
    GroqEngine *engine = opaque;

    rcu_register_thread();
    current_engine = engine;
    for (;;) {
        /* Before looking for work, so that a wake in between is not lost. */
        qemu_event_reset(&engine->work);
        if (qatomic_read(&engine->stopping)) {
            break;
        }
        if (!groq_engine_turn(engine)) {
            qemu_event_wait(&engine->work);
        }
    }
    rcu_unregister_thread();
    return NULL;
}

static void groq_engine_tick(void *opaque)
{
    GroqEngine *engine = opaque;

    if (groq_chip_work(engine->card->chip, engine->number,
                       tick_budget[engine->number])) {
        groq_engine_wake(engine);
    }
}

void groq_engine_wake(GroqEngine *engine)
{
    trace_groq_wake(engine->card->name, engine->number);
    if (!engine->card->deterministic) {
        qemu_event_set(&engine->work);
    } else if (!engine->stopping && !timer_pending(&engine->tick)) {
        timer_mod(&engine->tick,
                  qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + GROQ_TICK_NS);
    }
}

static void groq_engine_init(GroqEngine *engine)
{
    qemu_mutex_init(&engine->lock);
    qemu_cond_init(&engine->idle);
    qemu_event_init(&engine->work, false);
    timer_init_ns(&engine->tick, QEMU_CLOCK_VIRTUAL, groq_engine_tick, engine);
}

static void groq_engine_fini(GroqEngine *engine)
{
    timer_del(&engine->tick);
    qemu_event_destroy(&engine->work);
    qemu_cond_destroy(&engine->idle);
    qemu_mutex_destroy(&engine->lock);
}

void groq_engines_init(GroqCard *card)
{
    for (int n = 0; n < GROQ_ENGINES; n++) {
        card->engines[n].card = card;
        card->engines[n].number = n;
        groq_engine_init(&card->engines[n]);
    }
}

void groq_engines_fini(GroqCard *card)
{
    for (int n = 0; n < GROQ_ENGINES; n++) {
        groq_engine_fini(&card->engines[n]);
    }
}

void groq_engines_start(GroqCard *card)
{
    for (int n = 0; n < GROQ_ENGINES; n++) {
        GroqEngine *engine = &card->engines[n];

        engine->paused = !runstate_is_running();
        if (!card->deterministic) {
            qemu_thread_create(&engine->thread, thread_name[n],
                               groq_engine_thread, engine,
                               QEMU_THREAD_JOINABLE);
        }
    }
}

static void groq_engine_stop(GroqEngine *engine)
{
    qatomic_set(&engine->stopping, true);
    if (engine->card->deterministic) {
        timer_del(&engine->tick);
        return;
    }
    groq_engine_wake(engine);
    qemu_thread_join(&engine->thread);
}

void groq_engines_stop(GroqCard *card)
{
    /* Ends a program that runs: a thread comes back from the chip at once. */
    groq_engines_reset(card, false);
    bql_unlock();
    for (int n = 0; n < GROQ_ENGINES; n++) {
        groq_engine_stop(&card->engines[n]);
    }
    bql_lock();
}

static void groq_engine_pause(GroqEngine *engine)
{
    QEMU_LOCK_GUARD(&engine->lock);
    engine->paused = true;
    while (engine->busy) {
        qemu_cond_wait(&engine->idle, &engine->lock);
    }
}

static void groq_engine_resume(GroqEngine *engine)
{
    WITH_QEMU_LOCK_GUARD(&engine->lock) {
        engine->paused = false;
    }
    if (!engine->card->deterministic) {
        groq_engine_wake(engine);
    }
}

void groq_engines_pause(GroqCard *card)
{
    /* An engine that is inside the chip may be waiting for the BQL. */
    bql_unlock();
    for (int n = 0; n < GROQ_ENGINES; n++) {
        groq_engine_pause(&card->engines[n]);
    }
    bql_lock();
    trace_groq_pause(card->name);
}

void groq_engines_resume(GroqCard *card)
{
    trace_groq_resume(card->name);
    for (int n = 0; n < GROQ_ENGINES; n++) {
        groq_engine_resume(&card->engines[n]);
    }
}

/*
 * With all locks held no byte is moving; with a new generation none of the old
 * work ever does again. A thread takes the new generation when it next enters
 * the chip, which is after the chip has been told of the reset.
 */
void groq_engines_reset(GroqCard *card, bool cold)
{
    for (int n = 0; n < GROQ_ENGINES; n++) {
        qemu_mutex_lock(&card->engines[n].lock);
    }
    groq_chip_reset(card->chip, cold);
    card->generation++;
    for (int n = 0; n < GROQ_ENGINES; n++) {
        qemu_mutex_unlock(&card->engines[n].lock);
    }
}
