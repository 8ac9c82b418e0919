// SPDX-License-Identifier: MIT
#include "card.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <linux/sync_file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm.h>
#include <gtest/gtest.h>

namespace groq::test {
namespace {

std::string node_of(int number) {
    return "/dev/accel/accel" + std::to_string(number);
}

std::int64_t deadline_after(double seconds) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000LL + now.tv_nsec +
           static_cast<std::int64_t>(seconds * 1e9);
}

drm_groq_command copy(std::uint32_t type, const buffer &host, std::uint64_t offset,
                      std::uint64_t sram, std::uint64_t size) {
    drm_groq_command command{};
    command.type = type;
    command.bo = host.handle();
    command.rows = 1;
    command.bo_offset = offset;
    command.sram = sram;
    command.size = size;
    return command;
}

} // namespace

card::card(int number) : fd_(open(node_of(number).c_str(), O_RDWR | O_CLOEXEC)) {
    if (fd_ >= 0)
        return;
    std::cout << "no card: " << node_of(number) << ": " << std::strerror(errno) << '\n';
    std::exit(errno == ENOENT ? 77 : 1);
}

void card::close() {
    if (fd_ >= 0)
        ::close(fd_);
    fd_ = -1;
}

int card::call_raw(unsigned long request, void *data) const {
    int ret;
    do
        ret = ioctl(fd_, request, data);
    while (ret && errno == EINTR);
    return ret ? errno : 0;
}

std::uint64_t card::parameter(drm_groq_param which) const {
    drm_groq_get_param arguments{.param = which, .reserved = 0, .value = 0};
    EXPECT_EQ(call(DRM_IOCTL_GROQ_GET_PARAM, arguments), 0);
    return arguments.value;
}

std::uint32_t card::create_context(std::uint32_t flags) const {
    drm_groq_context_create arguments{
        .flags = flags, .id = 0, .holder = 0, .reserved = 0};
    EXPECT_EQ(call(DRM_IOCTL_GROQ_CONTEXT_CREATE, arguments), 0);
    return arguments.id;
}

int card::destroy_context(std::uint32_t id) const {
    drm_groq_context_destroy arguments{.id = id, .reserved = 0};
    return call(DRM_IOCTL_GROQ_CONTEXT_DESTROY, arguments);
}

std::uint32_t card::create_queue(std::uint32_t context, std::uint32_t priority) const {
    drm_groq_queue_create arguments{
        .context = context, .priority = priority, .flags = 0, .id = 0};
    EXPECT_EQ(call(DRM_IOCTL_GROQ_QUEUE_CREATE, arguments), 0);
    return arguments.id;
}

int card::destroy_queue(std::uint32_t id) const {
    drm_groq_queue_destroy arguments{.id = id, .reserved = 0};
    return call(DRM_IOCTL_GROQ_QUEUE_DESTROY, arguments);
}

std::uint64_t card::reserve(std::uint32_t context, std::uint64_t size) const {
    drm_groq_sram_reserve arguments{
        .context = context, .flags = 0, .address = 0, .size = size};
    EXPECT_EQ(call(DRM_IOCTL_GROQ_SRAM_RESERVE, arguments), 0);
    return arguments.address;
}

int card::reserve_at(std::uint32_t context, std::uint64_t address,
                     std::uint64_t size) const {
    drm_groq_sram_reserve arguments{.context = context,
                                    .flags = DRM_GROQ_SRAM_FIXED,
                                    .address = address,
                                    .size = size};
    int error = call(DRM_IOCTL_GROQ_SRAM_RESERVE, arguments);
    EXPECT_TRUE(error || arguments.address == address);
    return error;
}

int card::release(std::uint32_t context, std::uint64_t address) const {
    drm_groq_sram_release arguments{
        .context = context, .reserved = 0, .address = address};
    return call(DRM_IOCTL_GROQ_SRAM_RELEASE, arguments);
}

std::uint32_t card::create_sync(bool signaled) const {
    drm_syncobj_create arguments{};
    arguments.flags = signaled ? DRM_SYNCOBJ_CREATE_SIGNALED : 0;
    EXPECT_EQ(call(DRM_IOCTL_SYNCOBJ_CREATE, arguments), 0);
    return arguments.handle;
}

void card::signal_sync(std::uint32_t handle, std::uint64_t point) const {
    drm_syncobj_timeline_array arguments{};
    arguments.handles = reinterpret_cast<std::uintptr_t>(&handle);
    arguments.points = reinterpret_cast<std::uintptr_t>(&point);
    arguments.count_handles = 1;
    EXPECT_EQ(call(DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, arguments), 0);
}

int card::wait(std::uint32_t handle, std::uint64_t point, double seconds) const {
    drm_syncobj_timeline_wait arguments{};
    arguments.handles = reinterpret_cast<std::uintptr_t>(&handle);
    arguments.points = reinterpret_cast<std::uintptr_t>(&point);
    arguments.count_handles = 1;
    arguments.timeout_nsec = deadline_after(seconds);
    return call(DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, arguments);
}

int card::error_of(std::uint32_t handle) const {
    drm_syncobj_handle exported{};
    exported.handle = handle;
    exported.flags = DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE;
    EXPECT_EQ(call(DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, exported), 0);
    sync_file_info info{};
    EXPECT_EQ(ioctl(exported.fd, SYNC_IOC_FILE_INFO, &info), 0);
    ::close(exported.fd);
    EXPECT_NE(info.status, 0) << "the fence has not signalled";
    return info.status < 0 ? -info.status : 0;
}

buffer::buffer(const card &owner, std::uint64_t size) : owner_(owner) {
    drm_groq_bo_create arguments{
        .size = size, .flags = 0, .handle = 0, .mmap_offset = 0};
    EXPECT_EQ(owner.call(DRM_IOCTL_GROQ_BO_CREATE, arguments), 0);
    handle_ = arguments.handle;
    void *start = mmap(nullptr, arguments.size, PROT_READ | PROT_WRITE, MAP_SHARED,
                       owner.fd(), static_cast<off_t>(arguments.mmap_offset));
    EXPECT_NE(start, MAP_FAILED);
    bytes_ = {static_cast<std::uint8_t *>(start), arguments.size};
}

buffer::~buffer() {
    munmap(bytes_.data(), bytes_.size());
    drm_gem_close arguments{.handle = handle_, .pad = 0};
    owner_.call(DRM_IOCTL_GEM_CLOSE, arguments);
}

void buffer::fill(std::uint32_t seed) const {
    std::uint32_t state = seed * 2654435761u + 1;
    for (std::uint8_t &byte : bytes_) {
        state = state * 1664525u + 1013904223u;
        byte = static_cast<std::uint8_t>(state >> 24);
    }
}

job &job::nop() {
    commands.push_back({});
    return *this;
}

job &job::copy_in(const buffer &from, std::uint64_t offset, std::uint64_t sram,
                  std::uint64_t size) {
    commands.push_back(copy(DRM_GROQ_COMMAND_COPY_IN, from, offset, sram, size));
    return *this;
}

job &job::copy_out(const buffer &to, std::uint64_t offset, std::uint64_t sram,
                   std::uint64_t size) {
    commands.push_back(copy(DRM_GROQ_COMMAND_COPY_OUT, to, offset, sram, size));
    return *this;
}

job &job::run(std::uint64_t launch, std::uint32_t entries, std::uint64_t max_cycles) {
    drm_groq_command command{};
    command.type = DRM_GROQ_COMMAND_RUN;
    command.rows = entries;
    command.sram = launch;
    command.size = max_cycles;
    commands.push_back(command);
    return *this;
}

job &job::after(std::uint32_t sync, std::uint64_t point) {
    waits.push_back({.handle = sync, .flags = 0, .point = point});
    return *this;
}

job &job::then(std::uint32_t sync, std::uint64_t point) {
    signals.push_back({.handle = sync, .flags = 0, .point = point});
    return *this;
}

job &job::results(const buffer &where, std::uint64_t offset) {
    submit.result_bo = where.handle();
    submit.result_offset = offset;
    return *this;
}

const drm_groq_submit &job::fill(std::uint32_t queue) {
    submit.queue = queue;
    submit.commands = reinterpret_cast<std::uintptr_t>(commands.data());
    submit.command_count = static_cast<std::uint32_t>(commands.size());
    submit.waits = reinterpret_cast<std::uintptr_t>(waits.data());
    submit.wait_count = static_cast<std::uint32_t>(waits.size());
    submit.signals = reinterpret_cast<std::uintptr_t>(signals.data());
    submit.signal_count = static_cast<std::uint32_t>(signals.size());
    return submit;
}

int job::push(const card &target, std::uint32_t queue) {
    fill(queue);
    return target.call(DRM_IOCTL_GROQ_SUBMIT, submit);
}

bench::bench(int number)
    : card_(number), context_(card_.create_context()),
      queue_(card_.create_queue(context_)), sync_(card_.create_sync()),
      results_(card_, DRM_GROQ_COMMANDS_MAX * sizeof(drm_groq_result)) {}

int bench::execute(job &work) {
    std::memset(results_.bytes().data(), 0, results_.size());
    work.then(sync_).results(results_);
    if (int error = work.push(card_, queue_))
        return error;
    EXPECT_EQ(card_.wait(sync_), 0);
    return card_.error_of(sync_);
}

const drm_groq_result &bench::result(std::size_t command) const {
    return results_.as<drm_groq_result>()[command];
}

void bench::write(std::uint64_t sram, std::span<const std::uint8_t> bytes) {
    buffer host(card_, bytes.size());
    std::memcpy(host.bytes().data(), bytes.data(), bytes.size());
    job work;
    EXPECT_EQ(execute(work.copy_in(host, 0, sram, bytes.size())), 0);
}

std::vector<std::uint8_t> bench::read(std::uint64_t sram, std::uint64_t size) {
    buffer host(card_, size);
    job work;
    EXPECT_EQ(execute(work.copy_out(host, 0, sram, size)), 0);
    return {host.bytes().begin(),
            host.bytes().begin() + static_cast<std::ptrdiff_t>(size)};
}

std::string address_of(int number) {
    return std::filesystem::canonical("/sys/class/accel/accel" +
                                      std::to_string(number) + "/device")
        .filename();
}

std::string attribute(const std::string &name, int number) {
    return read_file("/sys/class/accel/accel" + std::to_string(number) + "/device/" +
                     name);
}

std::string read_file(const std::string &path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (text.ends_with('\n'))
        text.pop_back();
    return text;
}

void write_file(const std::string &path, const std::string &text) {
    std::ofstream file(path);
    file << text << std::flush;
    EXPECT_TRUE(file) << path << ": " << text;
}

parameter_set_to::parameter_set_to(const std::string &name, const std::string &value)
    : path_("/sys/module/groq/parameters/" + name), before_(read_file(path_)) {
    write_file(path_, value);
}

} // namespace groq::test
