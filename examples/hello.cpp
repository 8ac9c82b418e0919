// SPDX-License-Identifier: MIT
//
// Adds 40 and 2, 5120 times: hello [PROGRAM [CARD]]
#include <cstdio>
#include <vector>

#include <groq/groq.hpp>

int main(int argc, char **argv) try {
    const groq::program program(argc > 1 ? argv[1] : "add.groq");
    const groq::device card(argc > 2 ? argv[2] : "sim:");
    const groq::image image(card, program); // the program, in the card's SRAM
    groq::job job(image);
    groq::queue queue(card);

    std::vector<std::byte> a(16 * 320, std::byte{40}), b(16 * 320, std::byte{2}), c(a);
    job.set_input(program.find_tensor("a").value(), a).value();
    job.set_input(program.find_tensor("b").value(), b).value();
    const auto end = queue.run(job, std::chrono::seconds(10)).value();
    job.get_output(program.find_tensor("c").value(), c).value();
    std::printf("%d, in %d cycles\n", int(c.back()), int(end.cycles));
} catch (const groq::failure &failure) {
    std::fprintf(stderr, "hello: %s\n", failure.what());
    return 1;
}
