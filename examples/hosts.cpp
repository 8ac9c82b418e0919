// SPDX-License-Identifier: MIT
//
// The cards of several hosts as one system, a process on each: all add up what all
// cards have, over the links between the cards, and every process checks its sums.
//
//   groq-collective -t i32 -o sum all-reduce node8
//   mpirun --host node-a,node-b hosts sum 10
//
// FOLDER is what groq-collective wrote, the same on all hosts; RUNS how often; CARDs
// are those of this process, as URIs. Without them it takes all that there are.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

#include <groq/groq.hpp>
#include <groq/mpi.hpp>

namespace {

using namespace std::chrono_literals;
using numbers = std::vector<std::uint32_t>;

// What the card of that number has, in that run; never twice the same.
std::uint32_t term(std::size_t chip, std::size_t place, unsigned run) {
    return std::uint32_t((chip + 1) * 1'000'003 + place * 31 + run * 7);
}

std::uint64_t bytes_of(const groq::job &part, std::size_t tensor) {
    return part.tensor_data(tensor).value().size();
}

void give(groq::system &node, groq::joint_job &sum, unsigned run) {
    for (std::size_t chip = 0; chip < node.size(); ++chip) {
        if (!node.is_here(chip))
            continue;
        numbers own(bytes_of(sum.chip(chip), 0) / sizeof(std::uint32_t));
        for (std::size_t place = 0; place < own.size(); ++place)
            own[place] = term(chip, place, run);
        sum.chip(chip).set_input(0, std::as_bytes(std::span(own))).value();
    }
}

// How many of this process's sums are wrong.
std::size_t check(const groq::system &node, const groq::joint_job &sum, unsigned run) {
    std::size_t wrong = 0;
    for (std::size_t chip = 0; chip < node.size(); ++chip) {
        if (!node.is_here(chip))
            continue;
        numbers got(bytes_of(sum.chip(chip), 1) / sizeof(std::uint32_t));
        sum.chip(chip).get_output(1, std::as_writable_bytes(std::span(got))).value();
        for (std::size_t place = 0; place < got.size(); ++place) {
            std::uint32_t expected = 0;
            for (std::size_t each = 0; each < node.size(); ++each)
                expected += term(each, place, run);
            wrong += got[place] != expected;
        }
    }
    return wrong;
}

int add_up(const std::string &folder, unsigned runs,
           const std::vector<std::string> &cards) {
    const auto ranks = groq::mpi::ranks::of(MPI_COMM_WORLD);
    const auto wires = groq::network::load(folder + "/topology").value();
    auto node = groq::system::open(wires, cards, ranks).value();
    node.align().value();
    std::vector<std::string> files;
    for (std::size_t chip = 0; chip < node.size(); ++chip)
        files.push_back(folder + "/card" + std::to_string(chip) + ".groq");
    auto sum = node.load(std::span<const std::string>(files)).value();
    for (unsigned run = 0; run < runs; ++run) {
        give(node, sum, run);
        const auto end = sum.run(10min).value();
        const auto wrong = check(node, sum, run);
        std::printf("%s: run %u: %zu wrong, %llu cycles%s\n", ranks->name().c_str(),
                    run, wrong, (unsigned long long)end.cycles(),
                    end.replayed_after ? ", at the second try" : "");
        std::fflush(stdout);
        if (wrong)
            return 1;
    }
    return 0;
}

} // namespace

int main(int count, char **words) {
    MPI_Init(&count, &words);
    if (count < 3) {
        std::fprintf(stderr, "usage: hosts FOLDER RUNS [CARD]...\n");
        MPI_Abort(MPI_COMM_WORLD, 2);
    }
    int status = 1;
    try {
        status = add_up(words[1], unsigned(std::stoul(words[2])),
                        {words + 3, words + count});
    } catch (const std::exception &why) {
        std::fprintf(stderr, "hosts: %s\n", why.what());
    }
    MPI_Finalize();
    return status;
}
