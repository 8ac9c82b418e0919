// SPDX-License-Identifier: MIT
#include "fake_driver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstring>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

namespace groq::test {
namespace {

fake_driver *present;

constexpr std::uint64_t page = 4096;

template <class Argument>
Argument &as(void *argument) {
    return *static_cast<Argument *>(argument);
}

} // namespace

fake_driver::fake_driver(node file)
    : node_(file == node::null ? "/dev/null" : memory_.path()) {
    struct stat status {};
    if (present || ::stat(node_.c_str(), &status) != 0)
        std::abort();
    device_ = status.st_dev;
    inode_ = status.st_ino;
    present = this;
}

fake_driver::~fake_driver() {
    present = nullptr;
}

found_card fake_driver::card() const {
    found_card card{};
    card.pci.address = "0000:01:00.0";
    card.driver = name;
    card.accel = 0;
    card.node = node_;
    return card;
}

std::optional<int> fake_driver::answer(int file, unsigned long request,
                                       void *argument) {
    struct stat status {};
    if (_IOC_TYPE(request) != DRM_IOCTL_BASE || ::fstat(file, &status) != 0 ||
        status.st_dev != device_ || status.st_ino != inode_)
        return std::nullopt;
    ++calls[request];
    if (const auto found = refusals.find(request); found != refusals.end()) {
        if (request == DRM_IOCTL_GROQ_CONTEXT_CREATE)
            as<drm_groq_context_create>(argument).holder = holder;
        return found->second;
    }
    const int failed =
        _IOC_NR(request) >= DRM_COMMAND_BASE && _IOC_NR(request) < DRM_COMMAND_END
            ? dispatch(request, argument)
            : dispatch_drm(request, argument);
    if (const auto then = afterwards.extract(request))
        then.mapped()();
    return failed;
}

int fake_driver::dispatch(unsigned long request, void *argument) {
    switch (request) {
    case DRM_IOCTL_GROQ_GET_PARAM: {
        auto &asked = as<drm_groq_get_param>(argument);
        asked.value =
            asked.param == DRM_GROQ_PARAM_FEATURES ? features : 1000 + asked.param;
        return 0;
    }
    case DRM_IOCTL_GROQ_TOPOLOGY:
        return tell_links(argument);
    case DRM_IOCTL_GROQ_LINK_ALIGN: {
        auto &asked = as<drm_groq_link_align>(argument);
        asked.round_sum = asked.samples * 434ull;
        asked.offset = asked.flags ? -7 : 7;
        return 0;
    }
    case DRM_IOCTL_GROQ_BO_CREATE:
        return make_buffer(argument);
    case DRM_IOCTL_GROQ_BO_PIN:
        as<drm_groq_bo_pin>(argument).handle = ++last_handle_;
        break;
    case DRM_IOCTL_GROQ_CONTEXT_CREATE:
        as<drm_groq_context_create>(argument).id = ++last_handle_;
        break;
    case DRM_IOCTL_GROQ_QUEUE_CREATE:
        as<drm_groq_queue_create>(argument).id =
            only_queue ? only_queue : ++last_handle_;
        break;
    case DRM_IOCTL_GROQ_SRAM_RESERVE:
        break;
    case DRM_IOCTL_GROQ_SUBMIT:
        last_submission = as<drm_groq_submit>(argument);
        signalled = reinterpret_cast<drm_groq_sync *>(last_submission.signals)->point;
        return 0;
    case DRM_IOCTL_GROQ_CANCEL:
        return 0;
    default: // the end of something
        --alive;
        return 0;
    }
    ++alive;
    return 0;
}

int fake_driver::dispatch_drm(unsigned long request, void *argument) {
    switch (request) {
    case DRM_IOCTL_VERSION:
        return tell_version(argument);
    case DRM_IOCTL_GET_CAP:
        as<drm_get_cap>(argument).value = has_timelines;
        return 0;
    case DRM_IOCTL_SYNCOBJ_CREATE:
        as<drm_syncobj_create>(argument).handle = ++last_handle_;
        ++alive;
        return 0;
    case DRM_IOCTL_SYNCOBJ_DESTROY:
    case DRM_IOCTL_GEM_CLOSE:
        --alive;
        return 0;
    case DRM_IOCTL_SYNCOBJ_QUERY:
        *reinterpret_cast<std::uint64_t *>(
            as<drm_syncobj_timeline_array>(argument).points) = signalled;
        return 0;
    case DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL:
        signalled = *reinterpret_cast<std::uint64_t *>(
            as<drm_syncobj_timeline_array>(argument).points);
        return 0;
    case DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT:
        return *reinterpret_cast<std::uint64_t *>(
                   as<drm_syncobj_timeline_wait>(argument).points) <= signalled
                   ? 0
                   : ETIME;
    case DRM_IOCTL_PRIME_HANDLE_TO_FD:
        as<drm_prime_handle>(argument).fd =
            ::open(memory_.path().c_str(), O_RDWR | O_CLOEXEC);
        return 0;
    case DRM_IOCTL_PRIME_FD_TO_HANDLE:
        as<drm_prime_handle>(argument).handle =
            shares_handles_as ? shares_handles_as : ++last_handle_;
        alive += !shares_handles_as;
        return 0;
    default:
        return ENOTTY;
    }
}

// First how long the texts are, then the texts; libdrm copies none that is empty.
int fake_driver::tell_version(void *argument) const {
    auto &version = as<drm_version>(argument);
    version.version_major = 1;
    version.version_minor = 2;
    version.version_patchlevel = 3;
    const auto tell = [this](char *text, __kernel_size_t &length) {
        if (text && length >= name.size())
            std::memcpy(text, name.data(), name.size());
        length = name.size();
    };
    tell(version.name, version.name_len);
    tell(version.date, version.date_len);
    tell(version.desc, version.desc_len);
    return 0;
}

int fake_driver::tell_links(void *argument) {
    auto &asked = as<drm_groq_topology>(argument);
    if (!asked.links != !asked.count || asked.flags)
        return EINVAL;
    const auto told = std::min<std::size_t>(asked.count, links.size());
    std::copy_n(links.begin(), told, reinterpret_cast<drm_groq_link *>(asked.links));
    asked.count = std::uint32_t(links.size());
    asked.generation = 9;
    return 0;
}

int fake_driver::make_buffer(void *argument) {
    auto &asked = as<drm_groq_bo_create>(argument);
    asked.size = (asked.size + page - 1) / page * page;
    asked.mmap_offset = room_;
    asked.handle = ++last_handle_;
    ++alive;
    room_ += asked.size;
    return ::truncate(memory_.path().c_str(), off_t(room_)) == 0 ? 0 : errno;
}

} // namespace groq::test

extern "C" int ioctl(int file, unsigned long request, ...) noexcept {
    std::va_list arguments;
    va_start(arguments, request);
    void *const argument = va_arg(arguments, void *);
    va_end(arguments);
    if (groq::test::present)
        if (const auto answer = groq::test::present->answer(file, request, argument)) {
            errno = *answer;
            return *answer == 0 ? 0 : -1;
        }
    return int(::syscall(SYS_ioctl, file, request, argument));
}
