// SPDX-License-Identifier: MIT
// The C interface over class chip.
#include "../groq_chip.h"

#include <cstdlib>
#include <new>

#include "chip.hpp"

struct groq_chip {
    groq::chip::chip chip;
};

static const char *config_error(const groq_chip_config *config) {
    if (config->size != sizeof(*config))
        return "groq_chip_config.size is not that of this version";
    if (config->sram_bytes == 0 || config->sram_bytes > GROQ_SRAM_BYTES ||
        config->sram_bytes % GROQ_SLICE_BYTES != 0)
        return "sram_bytes must be a multiple of 2621440, up to 230686720";
    if (config->sram == nullptr)
        return "sram must point to sram_bytes of zeroed memory";
    if (config->links > GROQ_LINKS)
        return "links must be 0 to 16";
    if (std::abs(int64_t{config->clock_ppb}) > 200'000)
        return "clock_ppb must be -200000 to 200000";
    return nullptr;
}

groq_chip *groq_chip_create(const groq_chip_config *config, const groq_host *host,
                            void *opaque) {
    const char *error = config_error(config);
    auto *chip =
        error ? nullptr : new (std::nothrow) groq_chip{{*config, *host, opaque}};
    if (chip && chip->chip.is_usable())
        return chip;
    host->log(opaque, error ? error : "not enough memory for the chip's state");
    delete chip;
    return nullptr;
}

void groq_chip_destroy(groq_chip *chip) {
    delete chip;
}

uint64_t groq_chip_read(groq_chip *chip, uint64_t offset, unsigned int bytes) {
    return chip->chip.read(offset, bytes);
}

void groq_chip_write(groq_chip *chip, uint64_t offset, uint64_t value,
                     unsigned int bytes) {
    chip->chip.write(offset, value, bytes);
}

bool groq_chip_work(groq_chip *chip, groq_engine engine, uint64_t budget) {
    return chip->chip.work(engine, budget);
}

groq_progress groq_chip_advance(groq_chip *chip, uint64_t until) {
    return chip->chip.advance(until);
}

bool groq_chip_plug(groq_chip *chip, unsigned int link, const groq_cable *cable) {
    return chip->chip.plug(link, *cable);
}

void groq_chip_unplug(groq_chip *chip, unsigned int link) {
    chip->chip.unplug(link);
}

bool groq_chip_deliver(groq_chip *chip, unsigned int link, const void *message,
                       size_t bytes) {
    return chip->chip.deliver(link, message, bytes);
}

void groq_chip_observe(groq_chip *chip, const groq_observer *observer, void *opaque) {
    chip->chip.observe(observer, opaque);
}

void groq_chip_reset(groq_chip *chip, bool cold) {
    chip->chip.reset(cold);
}

bool groq_chip_fail(groq_chip *chip, groq_failure failure, int64_t value) {
    return chip->chip.fail(failure, value);
}

int64_t groq_chip_failure(groq_chip *chip, groq_failure failure) {
    return chip->chip.failure(failure);
}

size_t groq_chip_save(groq_chip *chip, void *data, size_t capacity) {
    return chip->chip.save(data, capacity);
}

bool groq_chip_load(groq_chip *chip, const void *data, size_t bytes) {
    return chip->chip.load(data, bytes);
}
