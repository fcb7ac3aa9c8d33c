// A node's data folder, and what a node takes from the machine: time and randomness.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "store/notes.h"
#include "store/store.h"
#include "trust/symmetric.h"

namespace tocsin::app {

class SystemClock final : public Clock {
 public:
  Time now() const override;
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

inline constexpr std::string_view data_folder_default = "./tocsin-data";

struct NodeData {
  std::unique_ptr<store::Store> store;
  trust::SymmetricKey key{};  // of this node alone; in a file that only its owner may read
};

// Makes a new data folder (mode 0700). Error usage where there is one already.
Result<NodeData> create_node(const std::string& folder);
// Error not_found with a hint to `node init`.
Result<NodeData> open_node(const std::string& folder);

// What rooms remember beside the objects, with a connection of its own.
Result<std::unique_ptr<store::Notes>> open_node_notes(const std::string& folder);

// A new key for page tokens in a folder that has none.
Result<trust::SymmetricKey> make_token_key(const std::string& folder);

// The note that `node restore` leaves: when it was made out of a backup, and of when that is, in ticks.
inline constexpr std::string_view restored_note = "node/restored";

std::string database_path(const std::string& folder);

// A password from a file ("-": the first line of stdin), or asked for twice on the terminal; never from the command
// line, which others can see. `file` empty: the terminal.
Result<std::string> read_new_password(const std::string& file);

// One line typed without being shown. Error usage, with `otherwise` as hint, where there is no terminal.
Result<std::string> read_hidden_line(std::string_view question, std::string_view otherwise);

// A random UUID (version 4).
std::string new_uuid();

}  // namespace tocsin::app
