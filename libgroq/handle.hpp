// SPDX-License-Identifier: MIT
//
// The objects behind the handles of the C interface are shared: by their handle
// and by whatever works with them.
#pragma once

#include <memory>
#include <utility>

namespace groq {

template <class T>
class shared_handle : public std::enable_shared_from_this<T> {
public:
    // The handle of an object; it owns a share until it is retired.
    static T *publish(std::shared_ptr<T> object) noexcept {
        auto *handle = object.get();
        handle->own_ = std::move(object);
        return handle;
    }

    static void retire(T *handle) noexcept {
        if (handle)
            auto last = std::move(handle->own_);
    }

private:
    std::shared_ptr<T> own_;
};

} // namespace groq
