// SPDX-License-Identifier: MIT
//
// usage: hold_memory KIND. Has memory mapped for card 0, or SRAM, until it gets a line;
// says when it has it and when it has it no more; then it waits for another line.
#include "endless.hpp"
#include "memory.hpp"
#include "ring.hpp"

#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>

namespace groq::test {
namespace {

constexpr std::uint64_t size = 16 * page;

// What ends the mapping.
using release = std::function<void()>;

release closing(const card &device, const handle_or_error &made) {
    EXPECT_EQ(made.error, 0);
    return [&device, made] { EXPECT_EQ(close_handle(device, made.handle), 0); };
}

// It waits behind a program that does not end, in a queue that is destroyed.
release hold_fixed(const card &device, std::uint32_t context, region &memory) {
    auto running = std::make_shared<endless>(device, context);
    auto door = std::make_shared<ring>();
    iovec all{memory.bytes().data(), memory.size()};
    EXPECT_EQ(io_uring_register_buffers(door->raw(), &all, 1), 0);
    drm_groq_uring_copy copy{};
    copy.queue = running->queue();
    copy.rows = 1;
    copy.address = memory.address();
    copy.sram = device.reserve(context, 320);
    copy.size = 320;
    io_uring_sqe *sqe = door->prepare(device, DRM_GROQ_URING_COPY_IN, copy, 1);
    sqe->uring_cmd_flags = IORING_URING_CMD_FIXED;
    door->submit();
    return [&device, running, door] {
        EXPECT_EQ(device.destroy_queue(running->queue()), 0);
        EXPECT_EQ(door->take(1).res, DRM_GROQ_STATUS_CANCELED);
    };
}

release hold_sram(const card &device, std::uint32_t context) {
    if (int error = device.reserve_at(context, 0, 32000)) {
        std::cout << "refused: " << std::strerror(error) << std::endl;
        std::exit(1);
    }
    return [&device, context] { EXPECT_EQ(device.release(context, 0), 0); };
}

release hold(const std::string &kind, const card &device, region &memory) {
    if (kind == "buffer") {
        drm_groq_bo_create made{
            .size = size, .flags = 0, .handle = 0, .mmap_offset = 0};
        int error = device.call(DRM_IOCTL_GROQ_BO_CREATE, made);
        return closing(device, {.handle = made.handle, .error = error});
    }
    if (kind == "pinned")
        return closing(device, pin(device, memory.address(), size));
    if (kind == "read-only")
        return closing(device,
                       pin(device, memory.address(), size, DRM_GROQ_BO_PIN_READ_ONLY));
    if (kind == "import")
        return closing(
            device, import_buffer(device, udmabuf_of(memory_file(size), size).get()));
    std::uint32_t context = device.create_context();
    if (kind == "sram")
        return hold_sram(device, context);
    if (kind == "fixed")
        return hold_fixed(device, context, memory);
    std::uint32_t queue = device.create_queue(context);
    return [&device, queue] { EXPECT_EQ(device.destroy_queue(queue), 0); };
}

void run(const std::string &kind) {
    card device;
    region memory(size);
    memory.fill(1);
    release let_go = hold(kind, device, memory);
    std::string line;
    std::cout << "held" << std::endl;
    if (!std::getline(std::cin, line))
        return;
    let_go();
    std::cout << "freed" << std::endl;
    std::getline(std::cin, line);
}

} // namespace
} // namespace groq::test

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    testing::InitGoogleTest(&argc, argv);
    groq::test::run(argv[1]);
}
