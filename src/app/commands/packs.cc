// tocsin pack: which rule packs there are, and adding newer ones from a file.
#include <sys/stat.h>

#include <filesystem>

#include "app/packs.h"
#include "app/spool_file.h"
#include "app/standard_output.h"
#include "app/whole_file.h"
#include "report/visible.h"
#include "rules/indicators/false_friends.h"

namespace tocsin::app {
namespace {

int run_list(const Arguments&) {
  const auto packs = all_packs();
  if (!packs) {
    return report_error(packs.error());
  }
  print_out("{:<16} {:<24} {:>7}  {:<40} {:<12} {}\n", "NAME", "VERSION", "FILES", "LICENCE", "SHA-256", "ORIGIN");
  for (const Pack& pack : *packs) {
    print_out("{:<16} {:<24} {:>7}  {:<40} {:<12} {}\n", report::visible(pack.name), report::visible(pack.version),
              pack.count, report::visible(pack.license), pack.sha256.substr(0, 12), report::visible(pack.origin));
  }
  return exit_nothing_found;
}

bool legal_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name[0] != '.' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") ==
             std::string_view::npos;
}

int run_add(const Arguments& arguments) {
  const std::string& path = arguments.positional[0];
  auto archive = read_whole(path, std::uint64_t{256} << 20);
  if (!archive) {
    return report_error(archive.error());
  }
  const std::string name = arguments.value("--name").value_or(std::filesystem::path(path).stem().string());
  if (!legal_name(name)) {
    return report_error(
        {ErrorCode::usage, "'" + name + "' cannot name a pack", {}, "--name with letters, digits, '-', '_' and '.'"});
  }
  const auto pack = read_pack(*archive, name);
  if (!pack) {
    return report_error(pack.error());
  }
  rules::SigmaLoader loader;
  if (pack->kind == "false-friends") {
    rules::FalseFriends friends;
    for (const PackFile& file : pack->files) {
      if (const auto added = friends.add(file.name, file.text); !added) {
        return report_error(added.error());
      }
    }
  }
  for (const PackFile& file : pack->files) {
    loader.add(file.name, file.text);
  }
  const rules::RuleSet set = std::move(loader).finish();
  const std::string folder = user_pack_folder();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  const auto written = write_atomically(folder + "/" + name + ".zip", [&](const auto& sink) { return sink(*archive); });
  if (!written) {
    return report_error(written.error());
  }
  print_out("added pack {}, version {}: {} rules given, {} loaded, {} rejected\nSHA-256 {}\n", name,
            report::visible(pack->version), set.given, set.rules.size() + set.correlations.size(), set.rejected,
            pack->sha256);
  return exit_nothing_found;
}

int run_remove(const Arguments& arguments) {
  const std::string& name = arguments.positional[0];
  const std::string path = user_pack_folder() + "/" + name + ".zip";
  std::error_code error;
  if (!legal_name(name) || !std::filesystem::remove(path, error)) {
    return report_error(
        {ErrorCode::not_found, "no added pack is called '" + name + "'", {}, "built-in packs cannot be removed"});
  }
  print_out("removed pack {}\n", name);
  return exit_nothing_found;
}

}  // namespace

extern const Command command_pack_list;
const Command command_pack_list = {
    .name = "pack list",
    .doc = "Show the rule packs: name, version, count, licence, digest",
    .about = "Built-in packs and those that were added. An added pack replaces a built-in one of the same name.",
    .example = "tocsin pack list",
    .positional = "",
    .positional_min = 0,
    .options = {},
    .run = run_list,
};

extern const Command command_pack_add;
const Command command_pack_add = {
    .name = "pack add",
    .doc = "Add a rule pack from a file, such as a newer Sigma release",
    .about =
        "FILE is a zip or tar archive with Sigma rules (.yml). It is checked, its digest shown, and kept in "
        "$TOCSIN_PACKS, else "
        "$XDG_DATA_HOME/tocsin/packs, else ~/.local/share/tocsin/packs. Needs no network.",
    .example = "tocsin pack add sigma_core.zip --name sigma",
    .positional = "FILE",
    .positional_min = 1,
    .options = {{"--name", "NAME", "Name of the pack (default: the file's)"}},
    .run = run_add,
};

extern const Command command_pack_remove;
const Command command_pack_remove = {
    .name = "pack remove",
    .doc = "Remove an added rule pack",
    .about = "A built-in pack of the same name is used again.",
    .example = "tocsin pack remove sigma",
    .positional = "NAME",
    .positional_min = 1,
    .options = {},
    .run = run_remove,
};

}  // namespace tocsin::app
