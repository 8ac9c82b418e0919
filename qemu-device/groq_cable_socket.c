/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of a cable to another process: the frames of groq_cable_wire.h on a
 * chardev.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qapi/error.h"
#include "groq_cable.h"
#include "groq_cable_wire.h"
#include "trace.h"

static struct groq_hello groq_hello(const struct groq_cable *numbers)
{
    struct groq_hello hello = {
        .version = cpu_to_le32(GROQ_HELLO_VERSION),
        .latency = cpu_to_le32(numbers->latency),
        .spread = cpu_to_le32(numbers->spread),
        .lanes = cpu_to_le32(numbers->lanes),
        .corrected_every = cpu_to_le32(numbers->corrected_every),
        .uncorrected_at = cpu_to_le32(numbers->uncorrected_at),
        .bit_errors = cpu_to_le32(numbers->bit_errors),
        .seed = { cpu_to_le32(numbers->seed),
                  cpu_to_le32(numbers->seed >> 32) },
    };

    memcpy(hello.magic, GROQ_HELLO_MAGIC, sizeof(hello.magic));
    return hello;
}

/* --- out */

void groq_cable_socket_send(GroqCable *cable, const void *message,
                            size_t bytes)
{
    GroqCableSocket *socket = &cable->socket;
    uint32_t length = cpu_to_le32(bytes);

    WITH_QEMU_LOCK_GUARD(&socket->lock) {
        if (socket->out->len + GROQ_LENGTH_BYTES + bytes > GROQ_QUEUE_BYTES) {
            groq_cable_break(cable, "the other process takes nothing");
            return;
        }
        g_byte_array_append(socket->out, (const guint8 *)&length,
                            sizeof(length));
        g_byte_array_append(socket->out, message, bytes);
    }
    qemu_bh_schedule(cable->soon);
}

static gboolean groq_socket_has_room(void *source, GIOCondition condition,
                                     void *opaque)
{
    GroqCable *cable = opaque;

    cable->socket.watch = 0;
    groq_cable_socket_flush(cable);
    return G_SOURCE_REMOVE;
}

/* What engines add meanwhile is not held up. */
static void groq_socket_take(GroqCableSocket *socket)
{
    GByteArray *empty = socket->sending;

    QEMU_LOCK_GUARD(&socket->lock);
    socket->sending = socket->out;
    socket->out = g_byte_array_set_size(empty, 0);
    socket->sent = 0;
}

/* True when all of it is gone. A write may find that the connection has ended. */
static bool groq_socket_write(GroqCableSocket *socket)
{
    while (socket->sent < socket->sending->len) {
        int bytes = qemu_chr_fe_write(&socket->chardev,
                                      socket->sending->data + socket->sent,
                                      socket->sending->len - socket->sent);

        if (bytes <= 0 || !socket->connected) {
            return false;
        }
        socket->sent += bytes;
    }
    return true;
}

void groq_cable_socket_flush(GroqCable *cable)
{
    GroqCableSocket *socket = &cable->socket;

    while (socket->connected && !socket->watch) {
        if (!groq_socket_write(socket)) {
            socket->watch = !socket->connected ? 0 :
                qemu_chr_fe_add_watch(&socket->chardev, G_IO_OUT | G_IO_HUP,
                                      groq_socket_has_room, cable);
            return;
        }
        groq_socket_take(socket);
        if (!socket->sending->len) {
            return;
        }
    }
}

/* --- greetings */

static void groq_socket_plug(GroqCable *cable)
{
    GroqCableSocket *socket = &cable->socket;

    if (socket->greeted && socket->heard && !cable->plugged) {
        groq_cable_plug(cable);
    }
}

void groq_cable_socket_greet(GroqCable *cable)
{
    GroqCableSocket *socket = &cable->socket;
    struct groq_hello hello = groq_hello(&cable->numbers);

    if (!socket->connected || !cable->ends[0].card || socket->greeted) {
        return;
    }
    socket->greeted = true;
    groq_cable_socket_send(cable, &hello, sizeof(hello));
    groq_socket_plug(cable);
}

static void groq_socket_take_hello(GroqCable *cable, const uint8_t *frame,
                                   size_t bytes)
{
    const struct groq_hello own = groq_hello(&cable->numbers);
    struct groq_hello hello;

    if (bytes != sizeof(hello) || memcmp(frame, own.magic, sizeof(own.magic))) {
        groq_cable_break(cable, "no groq-cable is at the other end");
        return;
    }
    memcpy(&hello, frame, sizeof(hello));
    if (hello.version != own.version) {
        groq_cable_break(cable, "the other QEMU is of another version");
    } else if (memcmp(&hello, &own, sizeof(hello))) {
        groq_cable_break(cable, "the other end has other options: latency, "
                         "spread, lanes, seed, errors must be alike");
    } else {
        cable->socket.heard = true;
        groq_socket_plug(cable);
    }
}

/* --- in */

static void groq_socket_take_message(GroqCable *cable, const uint8_t *frame,
                                     size_t bytes)
{
    const GroqCableEnd *end = &cable->ends[0];

    if (!cable->plugged ||
        !groq_chip_deliver(end->card->chip, end->link, frame, bytes)) {
        groq_cable_break(cable, "the other end sends what no chip sends");
    }
}

static void groq_socket_take_frame(GroqCable *cable, const uint8_t *frame,
                                   size_t bytes)
{
    trace_groq_frame(cable->name, bytes);
    if (cable->socket.heard) {
        groq_socket_take_message(cable, frame, bytes);
    } else {
        groq_socket_take_hello(cable, frame, bytes);
    }
}

/* Bytes of the first frame in @in, its length included; 0: not all is there. */
static size_t groq_socket_frame(GroqCable *cable, const uint8_t *in,
                                size_t bytes)
{
    uint32_t length;

    if (bytes < GROQ_LENGTH_BYTES) {
        return 0;
    }
    length = ldl_le_p(in);
    if (!length || length > GROQ_LINK_MESSAGE_BYTES) {
        groq_cable_break(cable, cable->socket.heard
                         ? "the other end sends what no chip sends"
                         : "no groq-cable is at the other end");
        return 0;
    }
    return bytes - GROQ_LENGTH_BYTES < length ? 0 : GROQ_LENGTH_BYTES + length;
}

static int groq_socket_room(void *opaque)
{
    GroqCableSocket *socket = &((GroqCable *)opaque)->socket;

    return sizeof(socket->in) - socket->in_bytes;
}

static void groq_socket_read(void *opaque, const uint8_t *data, int bytes)
{
    GroqCable *cable = opaque;
    GroqCableSocket *socket = &cable->socket;
    size_t done = 0, frame;

    memcpy(socket->in + socket->in_bytes, data, bytes);
    socket->in_bytes += bytes;
    while (!qatomic_read(&cable->trouble) &&
           (frame = groq_socket_frame(cable, socket->in + done,
                                      socket->in_bytes - done))) {
        groq_socket_take_frame(cable, socket->in + done + GROQ_LENGTH_BYTES,
                               frame - GROQ_LENGTH_BYTES);
        done += frame;
    }
    socket->in_bytes -= done;
    memmove(socket->in, socket->in + done, socket->in_bytes);
}

/* --- the connection */

static void groq_socket_forget(GroqCableSocket *socket)
{
    g_clear_handle_id(&socket->watch, g_source_remove);
    socket->connected = socket->greeted = socket->heard = false;
    socket->in_bytes = 0;
    groq_socket_take(socket);
    g_byte_array_set_size(socket->sending, 0);
}

static void groq_socket_event(void *opaque, QEMUChrEvent event)
{
    GroqCable *cable = opaque;

    trace_groq_socket(cable->name, event);
    if (event == CHR_EVENT_OPENED) {
        cable->socket.connected = true;
        groq_cable_socket_greet(cable);
    } else if (event == CHR_EVENT_CLOSED) {
        groq_cable_pull(cable);
        groq_socket_forget(&cable->socket);
    }
}

void groq_cable_socket_hang_up(GroqCable *cable)
{
    if (cable->socket.connected) {
        groq_socket_forget(&cable->socket);
        qemu_chr_fe_disconnect(&cable->socket.chardev);
    }
}

bool groq_cable_socket_open(GroqCable *cable, Error **errp)
{
    GroqCableSocket *socket = &cable->socket;
    Chardev *chardev = qemu_chr_find(cable->chardev);

    if (!chardev) {
        error_setg(errp, "there is no chardev %s", cable->chardev);
        return false;
    }
    if (!qemu_chr_fe_init(&socket->chardev, chardev, errp)) {
        return false;
    }
    qemu_mutex_init(&socket->lock);
    socket->out = g_byte_array_new();
    socket->sending = g_byte_array_new();
    qemu_chr_fe_set_handlers(&socket->chardev, groq_socket_room,
                             groq_socket_read, groq_socket_event, NULL, cable,
                             NULL, true);
    return true;
}

void groq_cable_socket_close(GroqCable *cable)
{
    GroqCableSocket *socket = &cable->socket;

    groq_cable_socket_hang_up(cable);
    qemu_chr_fe_deinit(&socket->chardev, false);
    g_byte_array_unref(socket->out);
    g_byte_array_unref(socket->sending);
    qemu_mutex_destroy(&socket->lock);
}
