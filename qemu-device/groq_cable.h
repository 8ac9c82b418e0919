/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cable between two links, of which one may be in another QEMU.
 *
 * Files: groq_cable.c where it is plugged, groq_cable_object.c what users say of
 * it, groq_cable_socket.c its way to another QEMU.
 *
 * All with the BQL held but what says otherwise.
 */
#ifndef HW_GROQ_CABLE_H
#define HW_GROQ_CABLE_H

#include "chardev/char-fe.h"
#include "qom/object.h"
#include "groq_card.h"

#define TYPE_GROQ_CABLE "groq-cable"
OBJECT_DECLARE_SIMPLE_TYPE(GroqCable, GROQ_CABLE)

struct GroqCableEnd {
    GroqCable *cable;
    char *device;               /* id; NULL: in another QEMU */
    unsigned int link;
    GroqCard *card;             /* NULL: there is none */
};

typedef struct GroqCableSocket {
    CharBackend chardev;
    bool connected;
    bool greeted;               /* by us */
    bool heard;                 /* that they greet us */
    uint8_t in[16 * 1024];
    size_t in_bytes;
    QemuMutex lock;             /* guards out; nothing is taken under it */
    GByteArray *out;            /* frames to be sent */
    GByteArray *sending;        /* taken from there */
    size_t sent;                /* of them */
    unsigned int watch;         /* for room to send; 0: none */
} GroqCableSocket;

struct GroqCable {
    Object parent_obj;

    /* properties */
    char *a;
    char *b;
    char *chardev;              /* id; NULL: both ends are here */
    double spread;              /* cycles */
    struct groq_cable numbers;

    char *name;
    bool complete;
    bool plugged;
    GroqCableEnd ends[2];       /* the first one is here */
    GroqCableSocket socket;
    QEMUBH *soon;               /* mends or sends; scheduled by any thread */
    const char *trouble;        /* atomic; NULL: none */
    bool complained;            /* since it was plugged */
    Notifier machine_done;
    QLIST_ENTRY(GroqCable) next;
};

/* False: the ends are taken, or the cards there cannot have it. */
bool groq_cable_insert(GroqCable *cable, Error **errp);
void groq_cable_remove(GroqCable *cable);
/* Its ends are open to each other from here on. */
void groq_cable_plug(GroqCable *cable);
void groq_cable_pull(GroqCable *cable);
/* From any thread: the link goes down soon. @why: static. */
void groq_cable_break(GroqCable *cable, const char *why);

bool groq_cable_socket_open(GroqCable *cable, Error **errp);
void groq_cable_socket_close(GroqCable *cable);
/* The card has come, or they have connected. */
void groq_cable_socket_greet(GroqCable *cable);
/* Ends the connection; the chardev may make another one. */
void groq_cable_socket_hang_up(GroqCable *cable);
/* From any thread. */
void groq_cable_socket_send(GroqCable *cable, const void *message,
                            size_t bytes);
void groq_cable_socket_flush(GroqCable *cable);

#endif
