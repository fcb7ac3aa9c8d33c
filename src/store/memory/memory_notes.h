// Notes that end with the process: for tests and simulations.
#pragma once

#include <memory>

#include "store/notes.h"

namespace tocsin::store {

std::unique_ptr<Notes> make_memory_notes();

}  // namespace tocsin::store
