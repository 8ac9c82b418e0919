// SPDX-License-Identifier: MIT
#include "context.hpp"

#include <cstdlib>

#include "card_fixture.hpp"
#include "queue.hpp"
#include "support/temporary_file.hpp"

namespace groq {
namespace {

class context : public on_fake_card {
protected:
    context() { ::unsetenv("GROQ_TRACE"); }
    ~context() override { ::unsetenv("GROQ_TRACE"); }

    static groq_context_options options_of(std::uint32_t path,
                                           const char *trace = nullptr) {
        return {sizeof(groq_context_options), trace, path, 0};
    }
    std::shared_ptr<groq_device> open_through(std::shared_ptr<groq_context> parent) {
        return groq_device::attach(std::make_unique<test::fake_port>(card), true,
                                   std::move(parent))
            .value();
    }
};

TEST_F(context, traces_where_its_options_say_else_the_environment) {
    const auto file_of = [](const char *chosen) {
        const auto made = groq_context::create(options_of(0, chosen)).value();
        return made->trace() ? made->trace()->file() : "";
    };
    const test::temporary_file mine, of_environment;
    EXPECT_EQ(file_of(nullptr), "");
    EXPECT_EQ(file_of(mine.path().c_str()), mine.path());
    ::setenv("GROQ_TRACE", of_environment.path().c_str(), 1);
    EXPECT_EQ(file_of(nullptr), of_environment.path());
    EXPECT_EQ(file_of(mine.path().c_str()), mine.path());
    EXPECT_EQ(file_of(""), "");
}

TEST_F(context, is_none_when_its_trace_cannot_be_written) {
    groq_context *handle = nullptr;
    const auto options = options_of(0, "/nowhere/trace.json");
    EXPECT_NE(groq_context_create(&options, &handle), GROQ_OK);
    EXPECT_EQ(handle, nullptr);
}

TEST_F(context, gives_its_queues_their_path_unless_they_say_otherwise) {
    card.paths |= 1 << GROQ_PATH_URING;
    const auto device =
        open_through(groq_context::create(options_of(GROQ_PATH_URING)).value());
    EXPECT_EQ(groq_queue::create(device, 0).value()->info().path,
              std::uint32_t{GROQ_PATH_URING});
    EXPECT_EQ(groq_queue::create(device, 0, GROQ_PATH_IOCTL).value()->info().path,
              std::uint32_t{GROQ_PATH_IOCTL});
}

TEST_F(context, leaves_the_path_to_the_port) {
    const auto device = open_through(groq_context::create(options_of(0)).value());
    EXPECT_EQ(groq_queue::create(device, 0).value()->info().path,
              std::uint32_t{GROQ_PATH_IOCTL});
}

TEST_F(context, lives_as_long_as_its_devices) {
    auto parent = groq_context::create(options_of(0)).value();
    const std::weak_ptr<groq_context> watched = parent;
    auto device = open_through(std::move(parent));
    EXPECT_FALSE(watched.expired());
    device.reset();
    EXPECT_TRUE(watched.expired());
}

TEST_F(context, refuses_unknown_options) {
    groq_context *handle = nullptr;
    auto options = options_of(GROQ_PATH_SQPOLL + 1);
    EXPECT_EQ(groq_context_create(&options, &handle), GROQ_ERROR_INVALID);
    options = options_of(0);
    options.reserved = 1;
    EXPECT_EQ(groq_context_create(&options, &handle), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_context_create(nullptr, nullptr), GROQ_ERROR_INVALID);
    EXPECT_EQ(handle, nullptr);
}

TEST_F(context, opens_nothing_that_is_no_card) {
    groq_context *handle = nullptr;
    ASSERT_EQ(groq_context_create(nullptr, &handle), GROQ_OK);
    groq_device *device = nullptr;
    EXPECT_EQ(groq_context_open(handle, "nonsense", &device), GROQ_ERROR_INVALID);
    EXPECT_EQ(groq_context_open(nullptr, "sim:", &device), GROQ_ERROR_INVALID);
    EXPECT_EQ(device, nullptr);
    groq_context_destroy(handle);
    groq_context_destroy(nullptr);
}

} // namespace
} // namespace groq
