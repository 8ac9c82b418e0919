// SPDX-License-Identifier: MIT
//
// Companions that are the processes of an MPI communicator: a system whose cards are
// those of several hosts, a process on each. Who includes this needs MPI; libgroq does
// not.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <groq/companions.hpp>

// The C interface alone: that of C++ is gone from the standard, and another library.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#ifndef MPICH_SKIP_MPICXX
#define MPICH_SKIP_MPICXX 1
#endif
#include <mpi.h>

namespace groq::mpi {

// Between MPI_Init_thread and MPI_Finalize; one thread at a time, and of MPI at least
// MPI_THREAD_SERIALIZED where it is not always the same. A process that dies is MPI's
// business: by its default the whole job is ended.
class ranks final : public companions {
public:
    // Of all processes of @communicator, which all make this call. Its messages do not
    // mix with theirs.
    static std::shared_ptr<ranks> of(MPI_Comm communicator) {
        MPI_Comm own;
        MPI_Comm_dup(communicator, &own);
        return std::shared_ptr<ranks>(new ranks(own));
    }
    ranks(const ranks &) = delete;
    ranks &operator=(const ranks &) = delete;
    // All of them do so, in any order.
    ~ranks() override {
        int is_over = 0;
        MPI_Finalized(&is_over);
        if (!is_over)
            MPI_Comm_free(&own_);
    }

    std::size_t rank() const override { return std::size_t(rank_); }
    std::size_t size() const override { return has_called_.size(); }
    std::string name() const override { return name_; }

    // Sleeps while it waits.
    std::vector<std::string> exchange(const std::string &own) override {
        const auto text = std::string(1, is_called_off_here_ ? '!' : ' ') + own;
        auto said = gather(text, lengths(int(text.size())));
        settle(said);
        for (auto &each : said)
            each.erase(0, 1);
        return said;
    }

    void call_off() override {
        is_called_off_here_ = true;
        for (int other = 0; other < int(size()); ++other) {
            if (other == rank_)
                continue;
            calls_.emplace_back();
            MPI_Isend(nullptr, 0, MPI_BYTE, other, 0, own_, &calls_.back());
        }
    }

    bool is_called_off() override {
        for (int is_there = 0;;) {
            MPI_Status from;
            MPI_Iprobe(MPI_ANY_SOURCE, 0, own_, &is_there, &from);
            if (!is_there)
                break;
            hear(from.MPI_SOURCE);
        }
        return std::find(has_called_.begin(), has_called_.end(), true) !=
               has_called_.end();
    }

private:
    explicit ranks(MPI_Comm own) : own_(own) {
        int size = 0;
        MPI_Comm_rank(own_, &rank_);
        MPI_Comm_size(own_, &size);
        has_called_.resize(std::size_t(size));
        char host[MPI_MAX_PROCESSOR_NAME];
        int length = 0;
        MPI_Get_processor_name(host, &length);
        name_ = "rank " + std::to_string(rank_) + " on " +
                std::string(host, std::size_t(length));
    }

    // MPI itself would spin, perhaps for as long as a program runs.
    static void await(MPI_Request *request) {
        using namespace std::chrono_literals;
        std::chrono::microseconds nap = 10us;
        for (int is_done = 0;;
             nap = std::min<std::chrono::microseconds>(2 * nap, 1ms)) {
            MPI_Test(request, &is_done, MPI_STATUS_IGNORE);
            if (is_done)
                return;
            std::this_thread::sleep_for(nap);
        }
    }

    std::vector<int> lengths(int own) const {
        std::vector<int> all(size());
        MPI_Request request;
        MPI_Iallgather(&own, 1, MPI_INT, all.data(), 1, MPI_INT, own_, &request);
        await(&request);
        return all;
    }

    std::vector<std::string> gather(const std::string &own,
                                    const std::vector<int> &lengths) const {
        std::vector<int> places;
        int end = 0;
        for (const int length : lengths) {
            places.push_back(end);
            end += length;
        }
        std::string all(std::size_t(end), '\0');
        MPI_Request request;
        MPI_Iallgatherv(own.data(), int(own.size()), MPI_BYTE, all.data(),
                        lengths.data(), places.data(), MPI_BYTE, own_, &request);
        await(&request);
        std::vector<std::string> said;
        for (std::size_t rank = 0; rank < size(); ++rank)
            said.push_back(
                all.substr(std::size_t(places[rank]), std::size_t(lengths[rank])));
        return said;
    }

    void hear(int other) {
        MPI_Request request;
        MPI_Irecv(nullptr, 0, MPI_BYTE, other, 0, own_, &request);
        await(&request);
        has_called_[std::size_t(other)] = true;
    }

    // Nothing stays under way from one exchange to the next.
    void settle(const std::vector<std::string> &said) {
        for (std::size_t other = 0; other < size(); ++other)
            if (other != rank() && said[other][0] == '!' && !has_called_[other])
                hear(int(other));
        for (auto &call : calls_)
            await(&call);
        calls_.clear();
        has_called_.assign(size(), false);
        is_called_off_here_ = false;
    }

    MPI_Comm own_;
    int rank_ = 0;
    std::string name_;
    bool is_called_off_here_ = false;
    std::vector<bool> has_called_;   // each other rank, and was heard
    std::vector<MPI_Request> calls_; // ours, under way
};

} // namespace groq::mpi
