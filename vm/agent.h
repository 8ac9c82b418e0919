/* SPDX-License-Identifier: MIT */
#ifndef GROQ_VM_AGENT_H
#define GROQ_VM_AGENT_H

#include <stdint.h>

/*
 * What host (vm/agent.py) and guest (vm/agent.c) say to each other over one
 * virtio-serial port: frames, each a header and `length` bytes, little endian.
 * The host numbers its commands; frames of several commands may interleave.
 */
enum agent_frame_type {
    AGENT_RUN = 1,             /* host: run this line by /bin/sh -c */
    AGENT_INPUT = 2,           /* host: for its standard input; no bytes: close it */
    AGENT_KILL = 3,            /* host: SIGKILL to its process group */
    AGENT_OUTPUT = 4,          /* guest: from its standard output */
    AGENT_ERROR = 5,           /* guest: from its standard error */
    AGENT_EXIT = 6,            /* guest: last frame of a command; u32 wait status */
    AGENT_RUN_ON_TERMINAL = 7, /* host: struct agent_terminal, then the line */
};

struct agent_frame {
    uint32_t length;
    uint32_t id;
    uint32_t type;
};

/* A terminal is in place of the three pipes; all output is AGENT_OUTPUT. */
struct agent_terminal {
    uint16_t columns;
    uint16_t rows;
};

#define AGENT_MAX_LENGTH 65536 /* bytes of one frame after its header */

#endif
