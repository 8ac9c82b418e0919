// SPDX-License-Identifier: MIT
//
// Contexts, events, and tensors in place.
#include "card_under_test.hpp"

#include <fstream>
#include <iterator>
#include <optional>

#include <gmock/gmock.h>
#include <poll.h>

#include "support/temporary_file.hpp"

namespace groq::contract {
namespace {

using ::testing::HasSubstr;

bool is_readable(int fd) {
    pollfd poll{fd, POLLIN, 0};
    return ::poll(&poll, 1, 0) == 1;
}

TEST(device_of_a_context, has_its_path) {
    std::optional<context> made(context_options{.path = path::ioctl});
    auto opened = made->open(shared_uri());
    ASSERT_TRUE(opened) << opened.error().message();
    made.reset(); // the device keeps what it needs
    queue jobs(*opened);
    EXPECT_EQ(jobs.info().value().path, std::uint32_t(path::ioctl));
    const region region(*opened, 320);
    const buffer bytes(*opened, 320);
    job copies(*opened);
    copies.copy_in({bytes, 0, region.address(), 320}).value();
    EXPECT_TRUE(jobs.run(copies, ample));
}

std::string contents_of(const std::string &file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

// The arguments of the run that is in the time line.
std::string cycles_text(std::uint64_t expected, std::uint64_t actual) {
    return "\"expected\":" + std::to_string(expected) +
           ",\"actual\":" + std::to_string(actual);
}

TEST(device_of_a_context, has_its_time_line_with_expected_and_actual_cycles) {
    const test::temporary_file file;
    const auto honest = adder(4, 1);
    const auto cycles = load_program(honest).entries()[0].cycles;
    {
        const auto device =
            context(context_options{.trace = file.path()}).open(shared_uri()).value();
        queue jobs(device);
        for (const auto claimed : {cycles, cycles + 1}) {
            const image image(device, load_program(claiming(honest, claimed)));
            job adds(image);
            ASSERT_TRUE(jobs.run(adds, ample));
        }
        EXPECT_STREQ(device.info().value().reason, "");
        EXPECT_THAT(contents_of(file.path()), HasSubstr(cycles_text(cycles, cycles)));
        EXPECT_THAT(contents_of(file.path()), HasSubstr("\"whole\":false"));
    }
    const auto text = contents_of(file.path());
    EXPECT_THAT(text, HasSubstr(cycles_text(cycles + 1, cycles)));
    for (const char *name : {"open", "driver: submit", "copy in", "copy out"})
        EXPECT_THAT(text, HasSubstr("\"name\":\"" + std::string(name) + "\""));
    EXPECT_THAT(text, HasSubstr("\"whole\":true"));
}

TEST(device_of_a_context, is_one_of_several) {
    const context common;
    auto one = common.open(shared_uri()), two = common.open(shared_uri());
    ASSERT_TRUE(one && two);
    EXPECT_TRUE(queue::create(*one));
    EXPECT_TRUE(queue::create(*two));
}

TEST(device_of_a_context, is_refused_as_without) {
    const context common;
    EXPECT_TRUE(common.open("nonsense:").error() == errc::invalid);
    const auto unknown = context::create({.path = path(7)});
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(unknown.error() == errc::invalid);
}

TEST(simulated_cards, are_several_that_know_nothing_of_each_other) {
    if (!is_simulated())
        GTEST_SKIP() << "of the simulator alone";
    device one("sim:0?chips=2"), two("sim:1?chips=2");
    EXPECT_NE(one.info().value().serial, two.info().value().serial);
    const region there(one, 320), here(two, 320);
    EXPECT_EQ(there.address(), here.address());
    queue first(one), second(two);
    for (auto *each : {&one, &two}) {
        const buffer in(*each, 320), out(*each, 320);
        fill(in.bytes(), each == &one ? 1 : 2);
        job copies(*each);
        copies.copy_in({in, 0, here.address(), 320}).value();
        copies.copy_out({out, 0, here.address(), 320}).value();
        ASSERT_TRUE((each == &one ? first : second).run(copies, ample));
        EXPECT_TRUE(is_filled(out.bytes(), each == &one ? 1 : 2));
    }
}

TEST(simulated_cards, have_one_path) {
    if (!is_simulated())
        GTEST_SKIP() << "of the simulator alone";
    device opened(shared_uri());
    EXPECT_EQ(queue(opened).info().value().path, std::uint32_t(path::ioctl));
    for (const auto other : {path::io_uring, path::sqpoll}) {
        const auto refused = queue::create(opened, {.path = other});
        ASSERT_FALSE(refused);
        EXPECT_TRUE(refused.error() == errc::unsupported);
    }
}

TEST_F(card, has_no_event_while_nothing_befalls_it) {
    const int fd = device.event_fd().value();
    EXPECT_EQ(device.event_fd().value(), fd);
    const region region(device, 320);
    const buffer bytes(device, 320);
    job copies(device);
    copies.copy_in({bytes, 0, region.address(), 320}).value();
    run(copies);
    EXPECT_FALSE(is_readable(fd));
    EXPECT_EQ(device.read_events().value(), event::none);
}

TEST_F(card, program_takes_inputs_and_gives_outputs_in_place) {
    const auto adding = load_program(adder(4, 1));
    const image image(device, adding);
    job adds(image);
    const auto in = adding.find_tensor("in").value();
    const auto out = adding.find_tensor("out").value();
    const auto input = tensor_view<std::uint8_t>::in_place(adds, adding, in);
    ASSERT_TRUE(input) << input.error().message();
    ASSERT_EQ(input->rows(), 4u);
    ASSERT_EQ(input->columns(), 320u);
    for (std::size_t row = 0; row < 4; ++row)
        for (std::size_t column = 0; column < 320; ++column)
            (*input)(row, column) = std::uint8_t(row * 7 + column);
    run(adds);
    const auto output = tensor_view<const std::uint8_t>::in_place(adds, adding, out);
    ASSERT_TRUE(output) << output.error().message();
    for (std::size_t row = 0; row < 4; ++row)
        for (std::size_t column = 0; column < 320; ++column)
            ASSERT_EQ((*output)(row, column), std::uint8_t(row * 7 + column + 1));
    // What was converted is the same.
    std::vector<std::byte> host(4 * 320);
    adds.get_output(out, host).value();
    const auto over = tensor_view<std::uint8_t>::over(host, adding, out).value();
    EXPECT_EQ(over(3, 319), (*output)(3, 319));
}

TEST_F(card, wide_elements_do_not_lie_in_place) {
    const auto adding = load_program(wide_adder(2, 320, 5));
    const image image(device, adding);
    job adds(image);
    const auto in = adding.find_tensor("in").value();
    const auto refused = tensor_view<std::int32_t>::in_place(adds, adding, in);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error() == errc::unsupported);
    EXPECT_NE(refused.error().message().find("unpack"), std::string::npos);
    EXPECT_TRUE(tensor_view<std::uint8_t>::in_place(adds, adding, in).error() ==
                errc::invalid);
    std::vector<std::int32_t> host(2 * 320);
    const auto bytes = std::as_writable_bytes(std::span(host));
    const auto over = tensor_view<std::int32_t>::over(bytes, adding, in).value();
    over(1, 2) = 77;
    EXPECT_EQ(host[322], 77);
    EXPECT_EQ(over.row(1)[2], 77);
    EXPECT_TRUE(tensor_view<std::int32_t>::over(bytes.first(4), adding, in).error() ==
                errc::size);
    EXPECT_TRUE(tensor_view<float>::over(bytes, adding, in).error() == errc::invalid);
}

} // namespace
} // namespace groq::contract
