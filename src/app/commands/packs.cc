// tocsin pack: which rule packs there are, and adding newer ones from a file.
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>

#include "app/packs.h"
#include "app/spool_file.h"

namespace tocsin::app {
namespace {

int run_list(const Arguments&) {
  const auto packs = all_packs();
  if (!packs) {
    return report_error(packs.error());
  }
  std::printf("%-16s %-24s %7s  %-40s %-12s %s\n", "NAME", "VERSION", "FILES", "LICENCE", "SHA-256", "ORIGIN");
  for (const Pack& pack : *packs) {
    std::printf("%-16s %-24s %7zu  %-40s %-12s %s\n", pack.name.c_str(), pack.version.c_str(), pack.files.size(),
                pack.license.c_str(), pack.sha256.substr(0, 12).c_str(), pack.origin.c_str());
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
  auto archive = read_text_file(path, std::uint64_t{256} << 20);
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
  std::printf("added pack %s, version %s: %llu rules given, %zu loaded, %llu rejected\nSHA-256 %s\n", name.c_str(),
              pack->version.c_str(), static_cast<unsigned long long>(set.given),
              set.rules.size() + set.correlations.size(), static_cast<unsigned long long>(set.rejected),
              pack->sha256.c_str());
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
  std::printf("removed pack %s\n", name.c_str());
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
