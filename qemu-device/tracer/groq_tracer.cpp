// SPDX-License-Identifier: MIT
// The C interface over class tracer.
#include "../groq_tracer.h"

#include <new>

#include "tracer.hpp"

struct groq_tracer {
    groq::tracing::tracer tracer;
};

static groq::tracing::tracer &self(void *opaque) {
    return static_cast<groq_tracer *>(opaque)->tracer;
}

groq_tracer *groq_tracer_create(const char *file, const char *card,
                                void (*complain)(void *opaque, const char *line),
                                void *opaque) {
    auto *tracer = new groq_tracer{{file, card, complain, opaque}};
    if (tracer->tracer.open())
        return tracer;
    delete tracer;
    return nullptr;
}

groq_tracer *groq_tracer_create_on(const groq_trace_line *line, void *opaque) {
    return new groq_tracer{{*line, opaque}};
}

void groq_tracer_destroy(groq_tracer *tracer) {
    delete tracer;
}

const groq_observer groq_tracer_observer = {
    .began = [](void *opaque,
                const groq_program_run *run) { self(opaque).begin(*run); },
    .issued = [](void *opaque, const groq_issue *issue) { self(opaque).issue(*issue); },
    .released = [](void *opaque, uint32_t icu,
                   uint64_t cycle) { self(opaque).release(icu, cycle); },
    .ended = [](void *opaque, uint64_t cycles,
                const groq_fault *fault) { self(opaque).end(cycles, fault); },
};
