// Passphrases: asked on a terminal, or taken from a file or the environment; never from the command line, which every
// user of the machine can read.
#pragma once

#include <string>

#include "app/command.h"

namespace tocsin::app {

// --passphrase-file; $TOCSIN_PASSPHRASE is the other way without a terminal.
Option passphrase_option();
// The first line of --passphrase-file, else $TOCSIN_PASSPHRASE, else what is typed behind `prompt` (twice, the same,
// where `again`). Error password where there is none of them. The caller wipes it (trust/passphrase_box.h).
Result<std::string> read_passphrase(const Arguments& arguments, const std::string& prompt, bool again);
// For a new secret: what is asked for, else a random one that is written to `path` and told of, so that nothing is ever
// left open where nobody is there to type.
Result<std::string> new_passphrase(const Arguments& arguments, const std::string& prompt, const std::string& path);
// Is there somebody to ask?
bool has_terminal();

// Random bytes of the operating system.
Result<std::string> random_bytes(std::size_t count);
// A new file that only its owner may read; error usage where the path exists. On disk when it returns.
Result<void> write_secret_file(const std::string& path, std::string_view text);

}  // namespace tocsin::app
