// SPDX-License-Identifier: MIT
// Commands of io_uring in a queue that is set up again because one hung.
#include "ring.hpp"

#include <gtest/gtest.h>

namespace groq::test {
namespace {

TEST(UringRecovery, DoesNotRunWhatIsCanceled) {
    // The first job hangs; the canceled one behind it is in the ring meanwhile.
    parameter_set_to timeout("timeout_ms", "200");
    bench rig;
    const card &device = rig.device();
    long_program program(rig);
    ring door;
    ASSERT_EQ(door.error(), 0);
    job hangs = program.work(), canceled = program.work(), innocent;
    innocent.nop();
    auto prepare = [&](job &work, std::uint64_t tag) {
        door.prepare(device, DRM_GROQ_URING_SUBMIT, submission(work, rig.queue(), tag),
                     tag);
    };
    prepare(hangs, 1);
    prepare(canceled, 2);
    prepare(innocent, 3);
    door.submit();
    EXPECT_EQ(cancel(door, device, 2), 1);
    EXPECT_EQ(door.take(1).res, DRM_GROQ_STATUS_TIMEOUT);
    EXPECT_EQ(door.take(2).res, DRM_GROQ_STATUS_CANCELED);
    EXPECT_EQ(door.take(3).res, DRM_GROQ_STATUS_OK);
}

} // namespace
} // namespace groq::test
