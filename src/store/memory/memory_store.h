// A Store that forgets everything when it goes: for tests, and as the oracle of the durable ones.
#pragma once

#include <memory>

#include "store/store.h"

namespace tocsin::store {

// Thread-safe.
std::unique_ptr<Store> make_memory_store();

}  // namespace tocsin::store
