/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where cables are plugged. Cables and cards come and go in any order; a cable is
 * plugged while there is somebody at both its ends.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "system/system.h"
#include "groq_cable.h"
#include "trace.h"

static QLIST_HEAD(, GroqCable) cables = QLIST_HEAD_INITIALIZER(cables);

static GroqCableEnd *groq_far_end(GroqCableEnd *end)
{
    return &end->cable->ends[end == &end->cable->ends[0]];
}

static bool groq_is_end_of(const GroqCableEnd *end, const char *device)
{
    return end->device && device && !strcmp(end->device, device);
}

/* --- messages */

static bool groq_deliver(GroqCableEnd *end, const void *message, size_t bytes)
{
    return groq_chip_deliver(end->card->chip, end->link, message, bytes);
}

/* The lock keeps the other card, and its chip, where they are. */
void groq_cables_transmit(GroqCard *card, unsigned int link,
                          const void *message, size_t bytes)
{
    QEMU_LOCK_GUARD(&card->cables_lock);
    GroqCableEnd *end = card->cables[link];

    trace_groq_transmit(card->name, link, bytes, end != NULL);
    if (!end) {
        return;
    }
    if (end->cable->chardev) {
        groq_cable_socket_send(end->cable, message, bytes);
    } else if (!groq_deliver(groq_far_end(end), message, bytes)) {
        groq_cable_break(end->cable, "a chip sends what no chip sends");
    }
}

/* --- in and out */

/*
 * What a chip sends as soon as it is plugged waits until the other one is, too.
 * Only here are two of these locks taken, with the BQL: their order is no matter.
 */
static void groq_cable_lock(GroqCable *cable)
{
    GroqCard *a = cable->ends[0].card, *b = cable->ends[1].card;

    qemu_mutex_lock(&a->cables_lock);
    if (b && b != a) {
        qemu_mutex_lock(&b->cables_lock);
    }
}

static void groq_cable_unlock(GroqCable *cable)
{
    GroqCard *a = cable->ends[0].card, *b = cable->ends[1].card;

    qemu_mutex_unlock(&a->cables_lock);
    if (b && b != a) {
        qemu_mutex_unlock(&b->cables_lock);
    }
}

static void groq_end_plug(GroqCableEnd *end)
{
    bool ok = groq_chip_plug(end->card->chip, end->link, &end->cable->numbers);

    g_assert(ok);       /* all that it could mind has been checked */
    end->card->cables[end->link] = end;
}

static void groq_end_pull(GroqCableEnd *end)
{
    end->card->cables[end->link] = NULL;
    groq_chip_unplug(end->card->chip, end->link);
}

void groq_cable_plug(GroqCable *cable)
{
    trace_groq_plug(cable->name);
    groq_cable_lock(cable);
    groq_end_plug(&cable->ends[0]);
    if (!cable->chardev) {
        groq_end_plug(&cable->ends[1]);
    }
    groq_cable_unlock(cable);
    cable->plugged = true;
    cable->complained = false;
}

void groq_cable_pull(GroqCable *cable)
{
    if (!cable->plugged) {
        return;
    }
    trace_groq_pull(cable->name);
    groq_cable_lock(cable);
    groq_end_pull(&cable->ends[0]);
    if (!cable->chardev) {
        groq_end_pull(&cable->ends[1]);
    }
    groq_cable_unlock(cable);
    cable->plugged = false;
}

/* --- trouble */

void groq_cable_break(GroqCable *cable, const char *why)
{
    qatomic_set(&cable->trouble, why);
    qemu_bh_schedule(cable->soon);
}

static void groq_cable_mend(GroqCable *cable, const char *why)
{
    if (!cable->complained) {
        warn_report("%s: %s: its link is down", cable->name, why);
        cable->complained = true;
    }
    groq_cable_pull(cable);
    if (cable->chardev) {
        groq_cable_socket_hang_up(cable);
    }
}

static void groq_cable_soon(void *opaque)
{
    GroqCable *cable = opaque;
    const char *why = qatomic_xchg(&cable->trouble, NULL);

    if (why) {
        groq_cable_mend(cable, why);
    } else if (cable->chardev) {
        groq_cable_socket_flush(cable);
    }
}

/* --- cards come and go */

static void groq_end_attach(GroqCableEnd *end, GroqCard *card)
{
    GroqCable *cable = end->cable;

    end->card = card;
    if (cable->chardev) {
        groq_cable_socket_greet(cable);
    } else if (groq_far_end(end)->card) {
        groq_cable_plug(cable);
    }
}

static void groq_end_detach(GroqCableEnd *end)
{
    groq_cable_pull(end->cable);
    if (end->cable->chardev) {
        groq_cable_socket_hang_up(end->cable);
    }
    end->card = NULL;
}

void groq_cables_attach(GroqCard *card)
{
    GroqCable *cable;

    QLIST_FOREACH(cable, &cables, next) {
        for (int n = 0; n < 2; n++) {
            GroqCableEnd *end = &cable->ends[n];

            if (!end->card && groq_is_end_of(end, DEVICE(card)->id)) {
                groq_end_attach(end, card);
            }
        }
    }
}

void groq_cables_detach(GroqCard *card)
{
    GroqCable *cable;

    QLIST_FOREACH(cable, &cables, next) {
        for (int n = 0; n < 2; n++) {
            if (cable->ends[n].card == card) {
                groq_end_detach(&cable->ends[n]);
            }
        }
    }
}

/* Whoever is at the other end of a socket knows nothing of the state loaded. */
void groq_cables_loaded(GroqCard *card)
{
    GroqCable *cable;

    QLIST_FOREACH(cable, &cables, next) {
        if (cable->chardev && cable->ends[0].card == card) {
            groq_cable_pull(cable);
            groq_cable_socket_hang_up(cable);
        }
    }
    if (card->gone) {
        groq_cables_detach(card);
    } else {
        groq_cables_attach(card);
    }
}

/* --- what goes with what */

/* NULL: there is none that is there; *@errp says when it is something else. */
static GroqCard *groq_find_card(const char *id, Error **errp)
{
    Object *device = object_resolve_path_component(
        machine_get_container("peripheral"), id);

    if (!device) {
        return NULL;
    }
    if (!object_dynamic_cast(device, TYPE_GROQ_LPU)) {
        error_setg(errp, "%s is no " TYPE_GROQ_LPU, id);
        return NULL;
    }
    return DEVICE(device)->realized ? GROQ_LPU(device) : NULL;
}

static bool groq_end_fits(const GroqCableEnd *end, const GroqCard *card,
                          Error **errp)
{
    const GroqCable *cable = end->cable;

    if (end->link >= card->links) {
        error_setg(errp, "cable %s goes to link %u of %s, which has %u",
                   cable->name, end->link, end->device, card->links);
        return false;
    }
    if (card->deterministic && cable->chardev) {
        error_setg(errp, "cable %s leads %s, which is deterministic, to another "
                   "process, which nothing makes repeat", cable->name,
                   end->device);
        return false;
    }
    return true;
}

static bool groq_agree(const GroqCable *cable, const GroqCard *card,
                       const GroqCard *other, Error **errp)
{
    if (other && other->deterministic != card->deterministic) {
        error_setg(errp, "cable %s ties a card that is deterministic to one "
                   "that is not", cable->name);
        return false;
    }
    return true;
}

bool groq_cables_fit(GroqCard *card, Error **errp)
{
    GroqCable *cable;

    QLIST_FOREACH(cable, &cables, next) {
        for (int n = 0; n < 2; n++) {
            GroqCableEnd *end = &cable->ends[n];

            if (groq_is_end_of(end, DEVICE(card)->id) &&
                !(groq_end_fits(end, card, errp) &&
                  groq_agree(cable, card, groq_far_end(end)->card, errp))) {
                return false;
            }
        }
    }
    return true;
}

static bool groq_end_is_free(const GroqCableEnd *end, Error **errp)
{
    GroqCable *cable;

    QLIST_FOREACH(cable, &cables, next) {
        for (int n = 0; n < 2; n++) {
            if (cable->ends[n].link == end->link &&
                groq_is_end_of(&cable->ends[n], end->device)) {
                error_setg(errp, "link %u of %s has a cable already: %s",
                           end->link, end->device, cable->name);
                return false;
            }
        }
    }
    return true;
}

/* The cards that are there already, if all is well. */
static bool groq_ends_find(GroqCable *cable, GroqCard *cards[2], Error **errp)
{
    ERRP_GUARD();

    for (int n = 0; n < 2 && cable->ends[n].device; n++) {
        GroqCableEnd *end = &cable->ends[n];

        cards[n] = groq_find_card(end->device, errp);
        if (*errp || !groq_end_is_free(end, errp) ||
            (cards[n] && !groq_end_fits(end, cards[n], errp))) {
            return false;
        }
    }
    return !cards[0] || groq_agree(cable, cards[0], cards[1], errp);
}

/* Cards may come later; a name that is wrong is not left unsaid. */
static void groq_cable_machine_done(Notifier *notifier, void *data)
{
    GroqCable *cable = container_of(notifier, GroqCable, machine_done);

    for (int n = 0; n < 2; n++) {
        const char *device = cable->ends[n].device;
        Error *trouble = NULL;

        if (!device || groq_find_card(device, &trouble)) {
            continue;
        }
        if (trouble) {
            warn_reportf_err(trouble, "%s: ", cable->name);
        } else {
            warn_report("%s: there is no card %s yet", cable->name, device);
        }
    }
}

bool groq_cable_insert(GroqCable *cable, Error **errp)
{
    GroqCard *cards[2] = { };

    if (!groq_ends_find(cable, cards, errp)) {
        return false;
    }
    cable->soon = qemu_bh_new(groq_cable_soon, cable);
    if (cable->chardev && !groq_cable_socket_open(cable, errp)) {
        qemu_bh_delete(cable->soon);
        return false;
    }
    QLIST_INSERT_HEAD(&cables, cable, next);
    for (int n = 0; n < 2; n++) {
        if (cards[n] && !cards[n]->gone) {
            groq_end_attach(&cable->ends[n], cards[n]);
        }
    }
    cable->machine_done.notify = groq_cable_machine_done;
    qemu_add_machine_init_done_notifier(&cable->machine_done);
    return true;
}

void groq_cable_remove(GroqCable *cable)
{
    qemu_remove_machine_init_done_notifier(&cable->machine_done);
    QLIST_REMOVE(cable, next);
    groq_cable_pull(cable);
    if (cable->chardev) {
        groq_cable_socket_close(cable);
    }
    qemu_bh_delete(cable->soon);
}
