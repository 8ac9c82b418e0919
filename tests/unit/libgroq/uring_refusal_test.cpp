// SPDX-License-Identifier: MIT
//
// Where there is no io_uring it is said why not, and what to do. In a process of its
// own, which a seccomp filter keeps from it as a container's would.
#include "uring_ring.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

namespace groq {
namespace {

// From here on this process is told `os_error` when it wants a ring.
bool refuse_rings(unsigned os_error) {
    std::array<sock_filter, 4> program{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | os_error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    }};
    const sock_fprog filter{std::uint16_t(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// Ends the process with the kind of the refusal, and says its text.
[[noreturn]] void ask(unsigned os_error, bool polls) {
    if (!refuse_rings(os_error))
        std::exit(0);
    const auto refused = check_uring(polls);
    if (refused)
        std::exit(0);
    std::fputs(refused.error().message().c_str(), stderr);
    std::exit(refused.error().code().value());
}

void expect(unsigned os_error, bool polls, errc code, const char *words) {
    EXPECT_EXIT(ask(os_error, polls), testing::ExitedWithCode(int(code)), words);
}

TEST(uring_refusal, of_a_container_names_its_profile_and_the_other_path) {
    expect(EPERM, false, errc::permission, "GROQ_PATH=ioctl");
    expect(EACCES, true, errc::permission, "GROQ_PATH=io");
}

TEST(uring_refusal, of_a_kernel_without_it_says_so) {
    expect(ENOSYS, false, errc::too_old, "CONFIG_IO_URING");
    expect(EINVAL, false, errc::too_old, "Linux 5.19 or later");
}

TEST(uring_refusal, for_want_of_memory_names_the_limit) {
    expect(ENOMEM, false, errc::memory, "RLIMIT_MEMLOCK");
    expect(EMFILE, false, errc::system, "cannot make a ring");
}

} // namespace
} // namespace groq
