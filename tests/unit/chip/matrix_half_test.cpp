// SPDX-License-Identifier: MIT
// The dot products of F16, docs/isa.md section 5.5, of every kernel.
#include <memory>

#include "chip/half_kernels.hpp"
#include "half_reference.hpp"
#include "matrix_card.hpp"

namespace groq::chip::test {
namespace {

// A kernel's weights and activations, at will.
struct half_problem {
    half_problem() : plain(lanes * lanes), joined(std::make_unique<half_weights>()) {}

    uint16_t *row(uint32_t output) { return &plain[output * lanes]; }

    halves &add_activations() { return activations.emplace_back(lanes); }

    // What one kernel gives for all of it.
    std::vector<matrix_sums> multiply(half_multiply kernel) {
        pack();
        std::vector<half_activations> in(activations.size());
        std::vector<matrix_sums> out(activations.size());
        std::vector<matrix_sums *> to;
        for (size_t n = 0; n < in.size(); ++n) {
            auto low = std::make_unique<matrix_activations>();
            auto high = std::make_unique<matrix_activations>();
            for (uint32_t i = 0; i < lanes; ++i) {
                low->lane[i] = static_cast<uint8_t>(activations[n][i]);
                high->lane[i] = static_cast<uint8_t>(activations[n][i] >> 8);
            }
            join_halves(*low, *high, in[n]);
            to.push_back(&out[n]);
        }
        kernel(*joined, in.data(), to.data(), in.size());
        return out;
    }

    // Every kernel that this processor has, against the rule.
    void check() {
        for (const half_kernel &kernel : half_kernels()) {
            if (!kernel.is_usable())
                continue;
            std::vector<matrix_sums> sums = multiply(kernel.multiply);
            for (size_t n = 0; n < sums.size(); ++n)
                for (uint32_t o = 0; o < lanes; ++o)
                    ASSERT_EQ(static_cast<uint32_t>(sums[n].lane[o]),
                              dot_product(row(o), activations[n].data()))
                        << kernel.name << " " << n << " " << o;
        }
    }

    halves plain; // [output][input]
    std::vector<halves> activations;

private:
    void pack() {
        for (uint32_t b = 0; b < matrix_weights::blocks; ++b) {
            matrix_weights::rows packed[2];
            for (uint32_t plane : {0, 1}) {
                bytes plane_bytes(16 * lanes);
                const uint8_t *rows[16];
                for (uint32_t i = 0; i < 16 * lanes; ++i)
                    plane_bytes[i] =
                        static_cast<uint8_t>(plain[b * 16 * lanes + i] >> 8 * plane);
                for (uint32_t i = 0; i < 16; ++i)
                    rows[i] = &plane_bytes[i * lanes];
                pack_block(rows, packed[plane]);
            }
            join_halves(packed[0], packed[1], joined->block[b]);
        }
    }

    std::unique_ptr<half_weights> joined;
};

struct half_products : testing::Test, half_problem {
    uint16_t any() { return static_cast<uint16_t>(random()); }
    uint16_t any_finite() {
        uint16_t half = any();
        return is_finite(half) ? half : static_cast<uint16_t>(half & 0xbfff);
    }
    // Exponents in [first, first + 3]: sums that lose little.
    uint16_t near(uint32_t first) {
        return static_cast<uint16_t>((any() & 0x8fff) + (first << 10));
    }

    std::mt19937 random{5};
};

TEST_F(half_products, are_exact_sums_rounded_once) {
    for (uint16_t &w : plain)
        w = any_finite();
    for (int n = 0; n < 9; ++n)
        for (uint16_t &a : add_activations())
            a = any_finite();
    check();
}

TEST_F(half_products, do_not_depend_on_how_many_are_multiplied_at_once) {
    for (uint16_t &w : plain)
        w = near(13);
    for (size_t count = 1; count <= 8; ++count) {
        for (uint16_t &a : add_activations())
            a = near(14);
        check();
    }
}

TEST_F(half_products, take_subnormals_for_what_they_are) {
    for (uint16_t &w : plain)
        w = any() & 0x83ff;
    for (uint32_t exponent : {0u, 1u, 12u, 29u})
        for (uint16_t &a : add_activations())
            a = exponent ? near(exponent) & 0x7bff : any() & 0x83ff;
    check();
}

// 65504^2 and 2^-48 in one sum; everything else cancels.
TEST_F(half_products, keep_the_smallest_product_beside_the_largest) {
    halves &a = add_activations();
    a[0] = a[1] = a[2] = half_largest;
    a[319] = half_smallest;
    for (uint32_t o = 0; o < lanes; ++o) {
        row(o)[0] = half_largest;
        row(o)[1 + o % 2] = o % 3 ? half_largest | half_minus : half_largest;
        row(o)[319] = o % 5 ? half_smallest : half_smallest | half_minus;
    }
    check();
    EXPECT_EQ(dot_product(row(1), a.data()), std::bit_cast<uint32_t>(0x1p-48f));
}

TEST_F(half_products, hold_the_largest_sum) {
    std::fill(plain.begin(), plain.end(), half_largest);
    add_activations().assign(lanes, half_largest);
    add_activations().assign(lanes, half_largest | half_minus);
    check();
    EXPECT_EQ(dot_product(row(0), activations[0].data()),
              std::bit_cast<uint32_t>(320 * 65504.0f * 65504.0f));
}

// 2^24 + 1 lies between two floats; a little of either sign decides.
TEST_F(half_products, break_ties_to_even_and_nothing_else) {
    halves &a = add_activations();
    std::fill(a.begin(), a.end(), half_one);
    a[3] = half_smallest;
    constexpr uint16_t two_to_12 = 0x6c00;
    for (uint32_t o = 0; o < lanes; ++o) {
        uint16_t sign = o & 1 ? half_minus : 0;
        a[0] = two_to_12;
        row(o)[0] = two_to_12 | sign;
        row(o)[1] = (o & 2 ? half_one + 0x400 : half_one) | sign; // 1 or 2
        row(o)[2] = (o & 4 ? half_one : 0) | sign;
        uint16_t little[] = {0, half_smallest, half_smallest | half_minus, 0x3ff};
        row(o)[3] = little[o / 8 % 4];
    }
    check();
    EXPECT_EQ(dot_product(row(0), a.data()), std::bit_cast<uint32_t>(0x1p24f));
    EXPECT_EQ(dot_product(row(8), a.data()), std::bit_cast<uint32_t>(0x1p24f + 2));
}

TEST_F(half_products, that_cancel_are_plus_zero) {
    halves &a = add_activations();
    for (uint32_t i = 0; i < lanes; i += 2) {
        a[i] = a[i + 1] = any_finite();
        for (uint32_t o = 0; o < lanes; ++o) {
            row(o)[i] = any_finite();
            row(o)[i + 1] = row(o)[i] ^ half_minus;
        }
    }
    std::fill(row(7), row(8), half_minus); // products of zero, of both signs
    check();
    EXPECT_EQ(dot_product(row(7), a.data()), 0u);
    EXPECT_EQ(dot_product(row(9), a.data()), 0u);
}

TEST_F(half_products, with_infinities_and_nans_follow_the_rules) {
    for (uint16_t &w : plain)
        w = any_finite();
    std::fill(row(10), row(11), 0);
    row(0)[5] = half_infinity;
    row(1)[5] = half_infinity | half_minus;
    row(2)[5] = half_infinity, row(2)[300] = half_infinity | half_minus;
    row(3)[5] = row(3)[6] = row(3)[7] = half_infinity;
    row(4)[5] = half_nan;
    row(5)[5] = half_nan, row(5)[6] = half_infinity;
    halves numbers(lanes, half_one);
    for (uint16_t extra : {half_one, half_infinity, half_nan, uint16_t{0}}) {
        for (uint16_t sign : {uint16_t{0}, half_minus}) {
            add_activations() = numbers;
            activations.back()[5] = extra | sign;
        }
    }
    check();
    EXPECT_EQ(dot_product(row(0), activations[1].data()), float_infinity | 0x80000000);
    EXPECT_EQ(dot_product(row(2), activations[0].data()), float_nan);
    EXPECT_EQ(dot_product(row(10), activations[2].data()), float_nan) << "0 * infinity";
}

TEST_F(half_products, of_any_bits_follow_the_rules) {
    for (uint16_t &w : plain)
        w = random() % 200 ? any_finite() : any();
    for (int n = 0; n < 5; ++n)
        for (uint16_t &a : add_activations())
            a = random() % (n + 100) ? any_finite() : any();
    check();
}

} // namespace
} // namespace groq::chip::test
