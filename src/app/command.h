// Command: one subcommand of the program as a row of a table: help, options and what it runs. Help pages, the man page
// and shell completion are made from it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tocsin::app {

// Exit codes of the contract.
enum Exit : int { exit_nothing_found = 0, exit_found = 1, exit_failed = 2, exit_interrupted = 3 };

struct Option {
  std::string_view name;   // "--since"
  std::string_view value;  // "TIME"; empty: a flag
  std::string_view doc;
  bool repeatable = false;
};

// What was typed. Options are keyed by name with the dashes; a flag that was given has one empty value.
struct Arguments {
  std::vector<std::string> positional;
  std::map<std::string, std::vector<std::string>, std::less<>> options;
  std::string command_line;  // for reports, as typed, quoted where needed

  bool has(std::string_view option) const { return options.contains(option); }
  std::optional<std::string> value(std::string_view option) const;  // the last one given
  std::vector<std::string> values(std::string_view option) const;   // in order; comma-separated lists are split
};

struct Command {
  std::string_view name;   // "hunt"; "rules check" for a command of two words
  std::string_view doc;    // one line
  std::string_view about;  // paragraphs for --help
  std::string_view example;
  std::string_view positional;  // "PATH…"; empty: takes none
  int positional_min = 0;
  std::vector<Option> options;
  int (*run)(const Arguments& arguments);
};

// commands.def in order.
std::span<const Command* const> commands();
// Options that every command takes: --quiet, --verbose, --log-format, --config, --help.
std::span<const Option> common_options();

std::string help_text(const Command& command);
std::string overview_text();
std::string manual_page();                              // troff
std::string completion_script(std::string_view shell);  // bash, zsh, fish; empty for others

// Parses and runs; returns the exit code. Prints help and usage errors itself.
int run_command_line(int argc, char** argv);

// Prints "tocsin: error…" to stderr and returns its exit code.
int report_error(const Error& error);
// One line on stderr, unless --quiet.
void message(std::string_view text);
struct Verbosity {
  bool quiet = false;
  bool verbose = false;
  bool json = false;
};
const Verbosity& verbosity();

std::string_view version();

}  // namespace tocsin::app
