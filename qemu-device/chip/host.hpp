// SPDX-License-Identifier: MIT
// The world around the chip, as groq_chip.h lets it be reached.
#ifndef GROQ_CHIP_HOST_HPP
#define GROQ_CHIP_HOST_HPP

#include "../groq_chip.h"

namespace groq::chip {

class host {
public:
    host(const groq_host &callbacks, void *opaque)
        : callbacks_(callbacks), opaque_(opaque) {}

    [[nodiscard]] bool read(uint64_t address, void *data, size_t bytes) const {
        return fits(address, bytes) &&
               callbacks_.dma_read(opaque_, address, data, bytes);
    }

    [[nodiscard]] bool write(uint64_t address, const void *data, size_t bytes) const {
        return fits(address, bytes) &&
               callbacks_.dma_write(opaque_, address, data, bytes);
    }

    void interrupt(unsigned int vector) const { callbacks_.interrupt(opaque_, vector); }

    void wake(unsigned int engine) const { callbacks_.wake(opaque_, engine); }
    void transmit(unsigned int link, const void *message, size_t bytes) const {
        callbacks_.transmit(opaque_, link, message, bytes);
    }
    uint64_t now_ns() const { return callbacks_.now_ns(opaque_); }
    void log(const char *message) const { callbacks_.log(opaque_, message); }

private:
    // The bus has no address after ~0.
    static bool fits(uint64_t address, size_t bytes) {
        return bytes == 0 || address + (bytes - 1) >= address;
    }

    groq_host callbacks_;
    void *opaque_;
};

} // namespace groq::chip

#endif
