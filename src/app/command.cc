#include "app/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <memory>

#include "app/pipeline.h"
#include "app/standard_output.h"
#include "base/text.h"
#include "report/visible.h"
#include "wire/json.h"

namespace tocsin::app {

#define COMMAND(identifier) extern const Command command_##identifier;
#include "app/commands.def"
#undef COMMAND

namespace {

const std::array table = {
#define COMMAND(identifier) &command_##identifier,
#include "app/commands.def"
#undef COMMAND
};

constexpr std::array<Option, 4> common = {{
    {"--quiet", "", "No progress and no messages on stderr but errors"},
    {"--verbose", "", "More messages on stderr"},
    {"--log-format", "text|json", "Form of the messages on stderr"},
    {"--progress", "", "Show progress even where stderr is not a terminal"},
}};

constexpr std::string_view exit_codes =
    "Exit codes: 0 nothing found, 1 something found, 2 could not do what was asked, 3 interrupted.";

Verbosity current;

void print_line(std::string_view severity, std::string_view text) {
  std::string out;
  if (current.json) {
    wire::JsonWriter(out).begin_object().member("severity", severity).member("message", text).end_object();
  } else {
    out = "tocsin: ";
    if (severity == "error") {
      out += "error: ";
    }
    out += text;
  }
  out += '\n';
  std::fwrite(out.data(), 1, out.size(), stderr);
}

// A command of two words lives below a group ("rules check" below "rules").
std::pair<std::string_view, std::string_view> words(const Command& command) {
  const std::size_t blank = command.name.find(' ');
  if (blank == std::string_view::npos) {
    return {command.name, {}};
  }
  return {command.name.substr(0, blank), command.name.substr(blank + 1)};
}

// Help is easier to read in lines of this length, however wide the terminal.
std::size_t help_columns() { return std::clamp<std::size_t>(out_columns(88), 20, 88); }

// Wrapped at blanks behind `column`; further lines begin with `indent` blanks, and `end` stands before each break.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t column, std::string_view end_mark = "") {
  const std::size_t width = help_columns() - end_mark.size();
  std::string out;
  bool line_start = true;
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '\n') {
      out += '\n';
      out.append(indent, ' ');
      column = indent;
      line_start = true;
      ++at;
      continue;
    }
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    const std::size_t columns = report::display_width(word);
    if (!line_start && column + 1 + columns > width) {
      out += end_mark;
      out += '\n';
      out.append(indent, ' ');
      column = indent;
      line_start = true;
    }
    if (!line_start) {
      out += ' ';
      ++column;
    }
    out += word;
    column += columns;
    line_start = false;
    at = end;
  }
  return out;
}

std::string option_head(const Option& option) {
  std::string head(option.name);
  if (!option.value.empty()) {
    head += ' ';
    head += option.value;
    if (option.repeatable) {
      head += "…";
    }
  }
  return head;
}

void append_options(std::string& out, std::span<const Option> options) {
  for (const Option& option : options) {
    out += "  " + option_head(option) + "\n      " + wrapped(option.doc, 6, 6) + "\n";
  }
}

std::string quoted(std::string_view word) {
  const bool plain = !word.empty() && word.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                          "-_./=:,@%+") == std::string_view::npos;
  if (plain) {
    return std::string(word);
  }
  std::string out = "'";
  for (const char c : word) {
    out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return out + "'";
}

constexpr char bracket_guard = '\x01';

void unguard(std::string& word) {
  if (word.starts_with(bracket_guard)) {
    word.erase(word.begin());
  }
}

struct Parsed {
  const Command* command = nullptr;
  std::unique_ptr<Arguments> arguments = std::make_unique<Arguments>();
  std::vector<std::unique_ptr<std::vector<std::string>>> values;
  std::vector<std::pair<const CLI::Option*, const Option*>> options;
};

void declare(CLI::App& app, const Command& command, Parsed& parsed) {
  app.set_help_flag();
  const auto add = [&](const Option& option) {
    CLI::Option* made = nullptr;
    if (option.value.empty()) {
      made = app.add_flag(std::string(option.name));
    } else {
      auto& values = *parsed.values.emplace_back(std::make_unique<std::vector<std::string>>());
      made = app.add_option(std::string(option.name), values)->expected(1)->type_size(1);
      made->take_all();
      made->allow_extra_args(false);
      made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    parsed.options.emplace_back(made, &option);
  };
  for (const Option& option : common) {
    add(option);
  }
  for (const Option& option : command.options) {
    add(option);
  }
  if (!command.positional.empty()) {
    app.add_option("positional", parsed.arguments->positional)->expected(0, -1);
  }
  app.positionals_at_end(false);
}

}  // namespace

std::optional<std::string> Arguments::value(std::string_view option) const {
  const auto found = options.find(option);
  if (found == options.end() || found->second.empty()) {
    return std::nullopt;
  }
  return found->second.back();
}

std::vector<std::string> Arguments::values(std::string_view option) const {
  std::vector<std::string> out;
  const auto found = options.find(option);
  if (found == options.end()) {
    return out;
  }
  for (std::string_view value : found->second) {
    while (!value.empty()) {
      const std::size_t comma = value.find(',');
      if (const std::string_view part = trim(value.substr(0, comma)); !part.empty()) {
        out.emplace_back(part);
      }
      value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
    }
  }
  return out;
}

std::span<const Command* const> commands() { return table; }

std::span<const Option> common_options() { return common; }

std::string help_text(const Command& command) {
  const std::string name(command.name);
  std::string out = wrapped("tocsin " + name + ": " + std::string(command.doc), 2, 0) + "\n\n" +
                    wrapped("Usage: tocsin " + name + " [OPTIONS] " + std::string(command.positional), 4, 0) + "\n\n" +
                    wrapped(command.about, 0, 0) + "\n";
  if (!command.options.empty()) {
    out += "\nOptions:\n";
    append_options(out, command.options);
  }
  out += "\nCommon options:\n";
  append_options(out, common);
  out += "\n" + wrapped(exit_codes, 2, 0) + "\n";
  if (!command.example.empty()) {
    out += "\nExample:\n";
    std::string_view rest = command.example;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      out += "  " + wrapped(rest.substr(0, end), 6, 2, " \\") + "\n";
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return out;
}

namespace {

// One line for each command, or two where the line is too short for both.
void append_commands(std::string& out, std::string_view group) {
  std::size_t width = 0;
  for (const Command* command : table) {
    width = std::max(width, command->name.size());
  }
  for (const Command* command : table) {
    if (!group.empty() && words(*command).first != group) {
      continue;
    }
    out += "  " + std::string(command->name);
    if (help_columns() < 60) {
      out += "\n      " + wrapped(command->doc, 6, 6) + "\n";
    } else {
      out += std::string(width + 2 - command->name.size(), ' ') + wrapped(command->doc, width + 4, width + 4) + "\n";
    }
  }
}

std::string group_text(std::string_view group) {
  std::string out =
      wrapped("Usage: tocsin " + std::string(group) + " COMMAND [OPTIONS] ARGUMENTS", 4, 0) + "\n\nCommands:\n";
  append_commands(out, group);
  return out + "\n" +
         wrapped("'tocsin " + std::string(group) + " COMMAND --help' explains a command with an example.", 0, 0) + "\n";
}

}  // namespace

std::string overview_text() {
  std::string out =
      wrapped(
          "Tocsin finds an intrusion in logs: which server was hit, how far they got, when, which lines prove it, and "
          "what could not be checked. It works offline and only ever opens its inputs for reading.",
          0, 0) +
      "\n\n" + wrapped("Usage: tocsin COMMAND [OPTIONS] ARGUMENTS", 4, 0) + "\n\nCommands:\n";
  append_commands(out, "");
  return out + "\n" + wrapped("'tocsin COMMAND --help' explains a command with an example. Start with:", 0, 0) +
         "\n  tocsin hunt /mnt/evidence\n\n" + wrapped(exit_codes, 2, 0) + "\n";
}

std::string manual_page() {
  const auto escaped = [](std::string_view text) {
    std::string out;
    for (const char c : text) {
      if (c == '\\') {
        out += "\\e";
      } else if (c == '-') {
        out += "\\-";
      } else {
        out += c;
        if (c == '\n') {
          out += ".br\n";
        }
      }
    }
    return out;
  };
  std::string out =
      ".TH TOCSIN 1 \"\" \"tocsin " + std::string(version()) +
      "\" \"User Commands\"\n.SH NAME\ntocsin \\- find an intrusion in logs\n.SH SYNOPSIS\n.B tocsin\n"
      "COMMAND [OPTIONS] ARGUMENTS\n.SH DESCRIPTION\n"
      "Hunts logs with Sigma rules and playbooks, offline, and answers with a graded verdict.\n.SH COMMANDS\n";
  for (const Command* command : table) {
    out += ".SS tocsin " + escaped(command->name) + " " + escaped(command->positional) + "\n" + escaped(command->doc) +
           ".\n.PP\n" + escaped(command->about) + "\n";
    for (const Option& option : command->options) {
      out += ".TP\n.B " + escaped(option_head(option)) + "\n" + escaped(option.doc) + "\n";
    }
    if (!command->example.empty()) {
      out += ".PP\nExample:\n.nf\n" + escaped(command->example) + "\n.fi\n";
    }
  }
  out += ".SH COMMON OPTIONS\n";
  for (const Option& option : common) {
    out += ".TP\n.B " + escaped(option_head(option)) + "\n" + escaped(option.doc) + "\n";
  }
  out +=
      ".SH EXIT STATUS\n.TP\n0\nnothing found\n.TP\n1\nsomething found\n.TP\n2\ncould not do what was "
      "asked\n.TP\n3\ninterrupted, "
      "partial result written\n";
  return out;
}

std::string completion_script(std::string_view shell) {
  std::string groups;
  std::string cases;
  std::map<std::string, std::string> words_of;
  for (const Command* command : table) {
    const auto [first, second] = words(*command);
    auto& own = words_of[std::string(first)];
    if (own.empty()) {
      groups += (groups.empty() ? "" : " ") + std::string(first);
    }
    if (!second.empty()) {
      own += std::string(second) + " ";
    }
    for (const Option& option : command->options) {
      if (own.find(std::string(option.name) + " ") == std::string::npos) {
        own += std::string(option.name) + " ";
      }
    }
  }
  std::string shared;
  for (const Option& option : common) {
    shared += std::string(option.name) + " ";
  }
  if (shell == "fish") {
    std::string out = "complete -c tocsin -n __fish_use_subcommand -a '" + groups + "'\n";
    for (const auto& [name, list] : words_of) {
      out += fmt::format("complete -c tocsin -n '__fish_seen_subcommand_from {}' -a '{}{}'\n", name, list, shared);
    }
    return out;
  }
  for (const auto& [name, list] : words_of) {
    cases += fmt::format("    {}) words='{}{}' ;;\n", name, list, shared);
  }
  const std::string body = "  case \"${COMP_WORDS[1]}\" in\n" + cases + "    *) words='" + groups + "' ;;\n  esac\n";
  const std::string function =
      "_tocsin() {\n  local words current=\"${COMP_WORDS[COMP_CWORD]}\"\n  if [ \"$COMP_CWORD\" -eq 1 ]; then words='" +
      groups + "'; else\n" + body +
      "  fi\n  COMPREPLY=($(compgen -W \"$words\" -- \"$current\") $(compgen -f -- \"$current\"))\n}\n";
  if (shell == "bash") {
    return function + "complete -o filenames -F _tocsin tocsin\n";
  }
  if (shell == "zsh") {
    return "#compdef tocsin\nautoload -U +X bashcompinit && bashcompinit\n" + function +
           "complete -o filenames -F _tocsin tocsin\n";
  }
  return {};
}

int report_error(const Error& error) {
  print_line("error", error.text());
  return exit_code(error.code);
}

void message(std::string_view text) {
  if (!current.quiet) {
    print_line("info", text);
  }
}

const Verbosity& verbosity() { return current; }

std::string_view version() { return TOCSIN_VERSION; }

int run_command_line(int argc, char** argv) {
  // A file beyond the size limit, or a pipe that nobody reads any more, is an error of the write that meets it, not the
  // end of the program: files of --out are still to be written.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  const auto is = [&](int at, std::string_view text) { return argc > at && text == argv[at]; };
  if (argc < 2) {
    const std::string text = overview_text();
    std::fwrite(text.data(), 1, text.size(), stderr);
    return exit_failed;
  }
  if (is(1, "--help") || is(1, "-h") || (is(1, "help") && argc == 2)) {
    write_out(overview_text());
    return finish_out(exit_nothing_found);
  }
  if (is(1, "--version") || is(1, "version")) {
    print_out("tocsin {}\n", version());
    return finish_out(exit_nothing_found);
  }
  // Global options may stand before the command: move them behind it, so that one parser sees all.
  std::vector<std::string> typed(argv + 1, argv + argc);
  const bool asks_help = std::any_of(typed.begin(), std::find(typed.begin(), typed.end(), "--"),
                                     [](const std::string& word) { return word == "--help" || word == "-h"; });
  const bool help_command = typed[0] == "help";  // "help hunt" is "hunt --help"
  if (help_command) {
    typed.erase(typed.begin());
  }
  std::size_t first = 0;
  while (first < typed.size() && typed[first].starts_with("--")) {
    first += typed[first] == "--log-format" || typed[first] == "--config" ? 2 : 1;
  }
  if (first >= typed.size()) {
    return report_error({ErrorCode::usage, "no command given", {}, "see 'tocsin --help'"});
  }
  std::vector<std::string> leading(typed.begin(), typed.begin() + static_cast<std::ptrdiff_t>(first));
  typed.erase(typed.begin(), typed.begin() + static_cast<std::ptrdiff_t>(first));

  const Command* chosen = nullptr;
  std::size_t consumed = 1;
  bool group = false;
  for (const Command* command : table) {
    const auto [one, two] = words(*command);
    if (one != typed[0]) {
      continue;
    }
    group = true;
    if (two.empty() || (typed.size() > 1 && two == typed[1])) {
      chosen = command;
      consumed = two.empty() ? 1 : 2;
      break;
    }
  }
  if (chosen == nullptr && group && (help_command || asks_help)) {
    write_out(group_text(typed[0]));
    return finish_out(exit_nothing_found);
  }
  if (chosen == nullptr) {
    std::string hint = "see 'tocsin --help'";
    if (group) {
      hint = "one of:";
      for (const Command* command : table) {
        if (words(*command).first == typed[0]) {
          hint += " '" + std::string(command->name) + "'";
        }
      }
    }
    return report_error({ErrorCode::usage,
                         "unknown command '" + typed[0] + (group && typed.size() > 1 ? " " + typed[1] : "") + "'",
                         {},
                         hint});
  }
  typed.erase(typed.begin(), typed.begin() + static_cast<std::ptrdiff_t>(consumed));
  typed.insert(typed.begin(), leading.begin(), leading.end());
  if (help_command || asks_help) {
    write_out(help_text(*chosen));
    return finish_out(exit_nothing_found);
  }

  // CLI11 takes a word in brackets for a list of its own and cuts it at commas; STIX patterns and file names are not.
  for (std::string& word : typed) {
    if (word.starts_with('[') && word.ends_with(']')) {
      word.insert(word.begin(), bracket_guard);
    }
  }
  Parsed parsed;
  CLI::App app;
  declare(app, *chosen, parsed);
  try {
    std::vector<std::string> reversed(typed.rbegin(), typed.rend());
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return report_error({ErrorCode::usage, error.what(), {}, "see 'tocsin " + std::string(chosen->name) + " --help'"});
  }
  Arguments& arguments = *parsed.arguments;
  for (const auto& [made, option] : parsed.options) {
    if (made->count() == 0) {
      continue;
    }
    auto& values = arguments.options[std::string(option->name)];
    if (option->value.empty()) {
      values.emplace_back();
    } else {
      values = made->results();
      std::for_each(values.begin(), values.end(), unguard);
    }
  }
  std::for_each(arguments.positional.begin(), arguments.positional.end(), unguard);
  for (int i = 0; i < argc; ++i) {
    arguments.command_line += i == 0 ? "tocsin" : " " + quoted(argv[i]);
  }
  current.quiet = arguments.has("--quiet");
  current.verbose = arguments.has("--verbose");
  if (const auto form = arguments.value("--log-format")) {
    if (*form != "text" && *form != "json") {
      return report_error({ErrorCode::usage, "--log-format takes text or json, not '" + *form + "'", {}, {}});
    }
    current.json = *form == "json";
  }
  if (static_cast<int>(arguments.positional.size()) < chosen->positional_min) {
    return report_error({ErrorCode::usage,
                         "'tocsin " + std::string(chosen->name) + "' needs " + std::string(chosen->positional),
                         {},
                         "see 'tocsin " + std::string(chosen->name) + " --help'"});
  }
  install_interrupt_handler();
  return finish_out(chosen->run(arguments));
}

}  // namespace tocsin::app
