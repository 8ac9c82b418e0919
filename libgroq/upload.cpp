// SPDX-License-Identifier: MIT
#include "upload.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <elf.h>
#include <unistd.h>

#include "file_stream.hpp"
#include "weight_stream.hpp"

namespace groq {
namespace {

// From memory: few large slots, since the other side of each is a plain copy.
constexpr std::uint64_t memory_slot_bytes_max = 16 << 20;
// From a file: half of the slots are being read while the others are being copied.
// All together are less than the memory that anybody may pin.
constexpr std::uint64_t file_slot_bytes_max = 1 << 20;
constexpr unsigned file_slots = 6;
constexpr unsigned reads_at_once = file_slots / 2;

result<void> copy_zeroes(weight_stream &stream, const upload_plan &plan) {
    if (!plan.has_zeroes)
        return {};
    for (const auto &segment : plan.segments)
        if (segment.size > segment.file_bytes)
            if (const auto done =
                    stream.copy_zeroes(segment.address + segment.file_bytes,
                                       segment.size - segment.file_bytes);
                !done)
                return done;
    return {};
}

// Fills slot after slot with the segments, one after another.
class memory_upload {
public:
    memory_upload(weight_stream stream, std::span<const std::byte> file)
        : stream_(std::move(stream)), file_(file) {}

    result<std::uint64_t> run(const upload_plan &plan) {
        for (const auto &segment : plan.segments)
            if (const auto done = add(segment); !done)
                return done.error();
        if (const auto done = stream_.submit(slot_); !done)
            return done.error();
        if (const auto done = copy_zeroes(stream_, plan); !done)
            return done.error();
        if (const auto done = stream_.finish(); !done)
            return done.error();
        return stream_.copied_bytes();
    }

private:
    result<void> add(const elf_segment &segment) {
        auto bytes = file_.subspan(segment.offset, segment.file_bytes);
        auto sram = segment.address;
        while (!bytes.empty()) {
            if (filled_ == stream_.slot_bytes())
                if (const auto done = next_slot(); !done)
                    return done;
            const auto piece =
                bytes.first(std::min(bytes.size(), stream_.slot_bytes() - filled_));
            std::memcpy(stream_.memory(slot_).data() + filled_, piece.data(),
                        piece.size());
            stream_.add(slot_, filled_, sram, piece.size());
            filled_ += piece.size();
            bytes = bytes.subspan(piece.size());
            sram += piece.size();
        }
        return {};
    }

    result<void> next_slot() {
        if (const auto done = stream_.submit(slot_); !done)
            return done;
        slot_ = (slot_ + 1) % stream_.slot_count();
        filled_ = 0;
        return stream_.acquire(slot_);
    }

    weight_stream stream_;
    std::span<const std::byte> file_;
    unsigned slot_ = 0;
    std::uint64_t filled_ = 0; // of the slot
};

// Reads the file piece by piece, in order, into slot after slot.
class file_upload {
public:
    file_upload(weight_stream stream, const file_source &file, file_checksum &sum)
        : stream_(std::move(stream)), size_(file.size()), file_(file), sum_(sum),
          reader_(open_stream(file, stream_)) {}

    result<std::uint64_t> run(const upload_plan &plan) {
        for (std::uint64_t piece = 0; piece < reads_at_once; ++piece)
            if (const auto done = begin(piece); !done)
                return done.error();
        for (std::uint64_t piece = 0; piece * stream_.slot_bytes() < size_; ++piece) {
            if (const auto done = take(piece, plan); !done)
                return done.error();
            if (const auto done = begin(piece + reads_at_once); !done)
                return done.error();
        }
        if (const auto done = copy_zeroes(stream_, plan); !done)
            return done.error();
        if (const auto done = stream_.finish(); !done)
            return done.error();
        return stream_.copied_bytes();
    }

private:
    // Of a single piece there is nothing to read ahead.
    static std::unique_ptr<file_stream> open_stream(const file_source &file,
                                                    const weight_stream &stream) {
        return file.size() > stream.slot_bytes()
                   ? file_stream::open(file, stream.slot_count())
                   : file_stream::open_plain(file, stream.slot_count());
    }

    unsigned slot_of(std::uint64_t piece) const {
        return unsigned(piece % stream_.slot_count());
    }

    result<void> begin(std::uint64_t piece) {
        const auto offset = piece * stream_.slot_bytes();
        if (offset >= size_)
            return {};
        if (const auto done = stream_.acquire(slot_of(piece)); !done)
            return done;
        reader_->begin(slot_of(piece), stream_.memory(slot_of(piece)), offset);
        return {};
    }

    // A piece goes to the card first, so that it travels while it is summed here.
    result<void> take(std::uint64_t piece, const upload_plan &plan) {
        const auto slot = slot_of(piece);
        const auto offset = piece * stream_.slot_bytes();
        const auto wanted = std::min(stream_.slot_bytes(), size_ - offset);
        const auto got = reader_->end(slot);
        if (!got)
            return got.error();
        if (*got < wanted)
            return file_.is_shorter();
        for (const auto &segment : plan.segments)
            add(slot, segment, offset, offset + wanted);
        const auto done = stream_.submit(slot);
        sum_.add(stream_.memory(slot).first(wanted));
        return done;
    }

    // What of the segment lies in the slot, from `first` to `end` in the file.
    void add(unsigned slot, const elf_segment &segment, std::uint64_t first,
             std::uint64_t end) {
        const auto from = std::max(first, segment.offset);
        const auto to = std::min(end, segment.file_end());
        if (from < to)
            stream_.add(slot, from - first, segment.address + (from - segment.offset),
                        to - from);
    }

    weight_stream stream_;
    std::uint64_t size_;
    const file_source &file_;
    file_checksum &sum_;
    std::unique_ptr<file_stream> reader_; // before stream_, whose memory it writes
};

} // namespace

upload_plan::upload_plan(const program_contents &contents, sram_state state)
    : has_zeroes(state != sram_state::zeroed), bytes(0) {
    if (state == sram_state::shared)
        return;
    for (const auto &segment : contents.segments)
        if (state != sram_state::used || segment.flags & PF_W) {
            segments.push_back(segment);
            bytes += segment.file_bytes;
        }
}

result<std::uint64_t> upload(const std::shared_ptr<groq_device> &device,
                             const upload_plan &plan, std::span<const std::byte> file,
                             std::int64_t deadline) {
    if (plan.segments.empty() || (plan.bytes == 0 && !plan.has_zeroes))
        return std::uint64_t{0};
    const auto slot_bytes = std::clamp<std::uint64_t>(
        plan.bytes, file_stream::block_bytes, memory_slot_bytes_max);
    auto stream = weight_stream::create(device, slot_bytes,
                                        plan.bytes > slot_bytes ? 2 : 1, deadline);
    if (!stream)
        return stream.error();
    return memory_upload(std::move(*stream), file).run(plan);
}

result<std::uint64_t> upload(const std::shared_ptr<groq_device> &device,
                             const upload_plan &plan, const file_source &file,
                             file_checksum &sum, std::int64_t deadline) {
    const auto page = std::uint64_t(::sysconf(_SC_PAGESIZE)); // at least a block
    const auto whole = (file.size() + page - 1) / page * page;
    auto stream = weight_stream::create_pinned(
        device, std::clamp(whole, page, file_slot_bytes_max), file_slots, deadline);
    if (!stream)
        return stream.error();
    return file_upload(std::move(*stream), file, sum).run(plan);
}

result<void> pass(const file_source &file, file_checksum &sum) {
    const auto memory = std::make_unique<std::byte[]>(file_slot_bytes_max);
    for (std::uint64_t offset = 0; offset < file.size();) {
        const auto wanted = std::min(file_slot_bytes_max, file.size() - offset);
        const auto got = read_at(file.descriptor(), {memory.get(), wanted}, offset);
        if (got < 0)
            return cannot_read(file.path(), errno);
        if (std::uint64_t(got) < wanted)
            return file.is_shorter();
        sum.add({memory.get(), wanted});
        offset += wanted;
    }
    return {};
}

} // namespace groq
