// SPDX-License-Identifier: MIT
#include "asm/assembler.hpp"

#include <algorithm>

#include "asm/assembler_pass.hpp"
#include "asm/bytes.hpp"
#include "asm/check.hpp"
#include "asm/instruction_text.hpp"
#include "asm/queue.hpp"

namespace groq::assembly {
const std::map<std::string_view, assembler_pass::directive> &
assembler_pass::directives() {
    static const std::map<std::string_view, directive> table{
        {".set", &assembler_pass::set_constant},
        {".target", &assembler_pass::set_target},
        {".sram", &assembler_pass::add_range},
        {".reserve", &assembler_pass::reserve},
        {".text", &assembler_pass::set_text},
        {".section", &assembler_pass::begin_section},
        {".data", &assembler_pass::begin_data},
        {".entry", &assembler_pass::begin_entry},
        {".queue", &assembler_pass::begin_queue},
        {".tensor", &assembler_pass::add_tensor},
        {".part", &assembler_pass::add_part},
        {".symbol", &assembler_pass::add_symbol},
        {".launch", &assembler_pass::add_launch},
        {".hex", &assembler_pass::add_hex},
        {".file", &assembler_pass::add_file},
        {".zero", &assembler_pass::add_zeroes},
        {".i8", &assembler_pass::add_numbers<std::int8_t>},
        {".u8", &assembler_pass::add_numbers<std::uint8_t>},
        {".i16", &assembler_pass::add_numbers<std::int16_t>},
        {".i32", &assembler_pass::add_numbers<std::int32_t>},
        {".f16", &assembler_pass::add_floats<std::uint16_t, GROQ_TYPE_F16>},
        {".f32", &assembler_pass::add_floats<std::uint32_t, GROQ_TYPE_F32>},
    };
    return table;
}

void assembler_pass::run(std::string_view source) {
    for (std::size_t at = 0; at <= source.size();) {
        const std::size_t end = std::min(source.find('\n', at), source.size());
        ++line_number_;
        try {
            source_line line(source.substr(at, end - at), labels_, !final_);
            statement(line);
        } catch (const source_error &error) {
            report(error.column(), error.what());
        } catch (const build_error &error) {
            report(0, error.diagnostics().front().message);
        }
        at = end + 1;
    }
    end_block();
}

void assembler_pass::statement(source_line &line) {
    std::vector<token> labels;
    while (line.peek().kind == token_kind::word && line.at_mark(":", 1)) {
        labels.push_back(line.take());
        line.take();
    }
    place_before(labels, line);
    for (const token &label : labels)
        define_label(label);
    if (line.at_end())
        return;
    const token first = line.peek();
    if (first.kind != token_kind::word || first.text[0] != '.')
        return place(line);
    const auto found = directives().find(first.text);
    if (found == directives().end())
        line.fail("unknown directive " + first.text);
    line.take();
    (this->*found->second)(line);
    line.expect_end();
}

// A label is the cycle of what follows it, so what came before must be done.
void assembler_pass::place_before(const std::vector<token> &labels, source_line &line) {
    if (line.at_mark("@"))
        set_cycle(line);
    else if (!labels.empty())
        place_pending();
}

void assembler_pass::define_label(const token &name) {
    if (section_) {
        const auto offset = static_cast<std::uint32_t>(section_->bytes.size());
        define(name, section_->address + offset);
        section_symbols_.push_back(
            {name.text, section_->address + offset, 0, section_->text});
    } else if (icu_ && cycle_) {
        define(name, static_cast<std::int64_t>(*cycle_));
    } else {
        source_line::fail_at(name, "a label stands in a section or a queue");
    }
}

void assembler_pass::define(const token &name, std::int64_t value) {
    if (is_reserved(name.text))
        source_line::fail_at(name, name.text + " has a meaning of its own");
    if (!defined_.emplace(name.text, value).second)
        source_line::fail_at(name, name.text + " is defined twice");
    const auto [known, is_new] = labels_.try_emplace(name.text, value);
    if (final_ && !is_new && known->second != value)
        source_line::fail_at(name,
                             name.text + " depends on a name that is defined later");
    known->second = value;
}

void assembler_pass::set_cycle(source_line &line) {
    const token at = line.take();
    if (!icu_)
        source_line::fail_at(at, "a cycle stands in a queue");
    place_pending();
    const bool relative = line.accept("+");
    if (relative && !cycle_)
        source_line::fail_at(at, "no cycle to count from after a sync");
    const std::int64_t base = relative ? static_cast<std::int64_t>(*cycle_) : 0;
    const auto most = static_cast<std::int64_t>(most_cycle);
    cycle_ = static_cast<std::uint64_t>(
        line.take_number("cycle", -base, std::max<std::int64_t>(most - base, 0)) +
        base);
}

void assembler_pass::place(source_line &line) {
    const token first = line.peek();
    const instruction code = take_instruction(line);
    if (section_ && section_->text) {
        append(section_->bytes, to_bytes(code));
        return;
    }
    if (!icu_)
        source_line::fail_at(first,
                             "an instruction stands in a queue or a text section");
    if (code.opcode() == GROQ_OPCODE_REPEAT)
        return repeat_last(line, code);
    place_pending();
    if (!cycle_)
        source_line::fail_at(first, "give the cycle after a sync, as @...");
    check_cycle(first);
    if (code.opcode() == GROQ_OPCODE_NOP) {
        *cycle_ += static_cast<std::uint64_t>(get(code, "cycles"));
        return;
    }
    places_[{schedule_->entry(), *icu_, *cycle_}] = {line_number_, first.column};
    pending_ = burst{*cycle_, code, {}};
    if (code.opcode() == GROQ_OPCODE_SYNC)
        cycle_.reset();
    else if (code.opcode() == GROQ_OPCODE_DESKEW_RUNTIME)
        *cycle_ += static_cast<std::uint64_t>(get(code, "cycles"));
    else
        ++*cycle_;
}

// Waits and repetitions that follow each other lead on without a number of their own.
void assembler_pass::check_cycle(const token &where) const {
    if (*cycle_ > most_cycle)
        source_line::fail_at(where, "cycle is " + std::to_string(*cycle_) +
                                        ", must be 0.." + std::to_string(most_cycle));
}

void assembler_pass::repeat_last(source_line &line, const instruction &code) {
    if (!pending_ || pending_->again.times != 0)
        line.fail("repeat follows the instruction that it repeats");
    pending_->again = {static_cast<std::uint32_t>(get(code, "times")),
                       static_cast<std::uint32_t>(get(code, "interval"))};
    cycle_ = pending_->last() + 1;
}

// Errors of a placement are of the line where the instruction stands.
void assembler_pass::place_pending() {
    if (!pending_)
        return;
    const burst b = *pending_;
    pending_.reset();
    try {
        schedule_->at(b.cycle, *icu_, b.code, b.again);
    } catch (const build_error &error) {
        report(error.diagnostics().front());
    }
}

void assembler_pass::end_section() {
    if (!section_)
        return;
    segment done = std::move(*section_);
    section_.reset();
    done.memory_bytes =
        std::max(done.memory_bytes, static_cast<std::uint32_t>(done.bytes.size()));
    std::uint32_t end = static_cast<std::uint32_t>(done.end());
    for (auto label = section_symbols_.rbegin(); label != section_symbols_.rend();
         ++label) {
        label->bytes = end - label->address;
        end = label->address;
    }
    for (symbol &label : section_symbols_)
        builder_.add_symbol(std::move(label));
    section_symbols_.clear();
    if (done.memory_bytes != 0)
        add_block([&] { builder_.add_segment(std::move(done)); });
}

void assembler_pass::end_tensor() {
    if (!tensor_)
        return;
    const tensor done = std::move(*tensor_);
    tensor_.reset();
    if (const std::string reason = tensor_defect(done);
        options_.checked && !reason.empty())
        return report(block_, reason);
    add_block([&] { builder_.add_tensor(done); });
}

// Errors of a block are of the line that began it, and end nothing else.
template <class F>
void assembler_pass::add_block(F add) {
    try {
        add();
    } catch (const build_error &error) {
        report(block_, error.diagnostics().front().message);
    }
}

void assembler_pass::begin_block(const source_line &line) {
    end_block();
    block_ = {line_number_, line.peek().column};
}

// Of an entry point or a tensor: what a loader takes, and not twice.
std::string assembler_pass::take_unique_name(source_line &line,
                                             std::set<std::string> &names) {
    const token start = line.peek();
    std::string name = line.take_name("a name");
    if (!options_.checked)
        return name;
    if (const std::string reason = name_defect(name); !reason.empty())
        source_line::fail_at(start, reason);
    if (!names.insert(name).second)
        source_line::fail_at(start, "the name " + name + " is there twice");
    return name;
}

void assembler_pass::end_block() {
    if (icu_)
        place_pending();
    icu_.reset();
    end_tensor();
    end_section();
}

void assembler_pass::report(unsigned column, const std::string &message, bool error) {
    diagnostics_.push_back({error, line_number_, column, message});
}

void assembler_pass::report(const source_place &where, const std::string &message) {
    diagnostics_.push_back({true, where.line, where.column, message});
}

// Of the instruction that issued last in its queue by then.
void assembler_pass::report(const diagnostic &each) {
    const auto next = places_.upper_bound({each.entry, each.icu, each.cycle});
    const auto known = next == places_.begin() ? places_.end() : std::prev(next);
    const bool found = known != places_.end() &&
                       std::get<0>(known->first) == each.entry &&
                       std::get<1>(known->first) == each.icu;
    if (found)
        diagnostics_.push_back(
            {each.error, known->second.line, known->second.column,
             "cycle " + std::to_string(each.cycle) + ": " + each.message});
    else
        diagnostics_.push_back({each.error, 0, 0, to_text(each)});
}

program assembler_pass::link() {
    try {
        return builder_.link();
    } catch (const build_error &error) {
        for (const diagnostic &each : error.diagnostics())
            report(each);
        return {};
    }
}

void assembler_pass::check(const program &image) {
    for (const diagnostic &each : assembly::check(image))
        report(each);
}

assembly_result assemble(std::string_view source, const assembly_options &options) {
    assembler_pass first(options, {}, false);
    first.run(source);
    assembler_pass second(options, first.labels(), true);
    second.run(source);
    assembly_result result;
    if (!second.failed()) {
        result.image = second.link();
        if (options.checked && !second.failed())
            second.check(*result.image);
    }
    if (second.failed())
        result.image.reset();
    result.diagnostics = second.take_diagnostics();
    return result;
}

} // namespace groq::assembly
