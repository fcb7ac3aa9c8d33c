// completion and man: the help table in other forms.
#include "app/command.h"
#include "app/standard_output.h"

namespace tocsin::app {
namespace {

int print(std::string_view text) {
  write_out(text);
  return exit_nothing_found;
}

int run_completion(const Arguments& arguments) {
  const std::string script = completion_script(arguments.positional[0]);
  if (script.empty()) {
    return report_error(
        {ErrorCode::usage, "no completion for shell '" + arguments.positional[0] + "'", {}, "one of bash, zsh, fish"});
  }
  return print(script);
}

int run_man(const Arguments&) { return print(manual_page()); }

}  // namespace

extern const Command command_completion;
const Command command_completion = {
    .name = "completion",
    .doc = "Print a completion script for a shell",
    .about = "Completes commands, options and file names.",
    .example = "tocsin completion bash > /etc/bash_completion.d/tocsin",
    .positional = "bash|zsh|fish",
    .positional_min = 1,
    .options = {},
    .run = run_completion,
};

extern const Command command_man;
const Command command_man = {
    .name = "man",
    .doc = "Print the manual page",
    .about = "The manual page is made from the same table as --help.",
    .example = "tocsin man > tocsin.1 && man ./tocsin.1",
    .positional = "",
    .positional_min = 0,
    .options = {},
    .run = run_man,
};

}  // namespace tocsin::app
