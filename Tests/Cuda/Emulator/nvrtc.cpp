// The emulated NVRTC: a C++ compiler makes the text a shared object, behind module.h, which lies beside this library.
//
// Options: -D and --define-macro are passed on, --fmad=false contracts nothing; without an architecture sm_… there is no cubin.
// Environment: YOSO_EMULATED_COMPILER (else the one that built this), YOSO_EMULATED_FLAGS (more flags: -fsanitize=address
// where the process has the sanitizer's library), YOSO_EMULATED_NO_BUILTINS=1 (as where its other half is missing).
#include "driver.h"
#include <algorithm>
#include <ctype.h>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdio.h>
#include <stdlib.h>
#include <string>
#include <string.h>
#include <unistd.h>

constexpr Result out_of_host_memory = 1, invalid_input = 3, invalid_program = 4, compilation = 6, no_builtins = 7;
struct Program {
    std::string text, name, log, image;
    std::vector<std::pair<std::string, std::string>> headers;
};

// Kernels ------------------------------------------------------------------------------------------------------------

static bool of_name(char c) { return isalnum((unsigned char)c) || c == '_'; }
static std::string without_comments(const std::string &text) {
    std::string out;
    for (size_t i = 0; i < text.size(); i++)
        if (!text.compare(i, 2, "//")) i = std::min(text.find('\n', i), text.size()), out += ' ';
        else if (!text.compare(i, 2, "/*")) i = std::min(text.find("*/", i), text.size() - 2) + 1, out += ' ';
        else out += isspace((unsigned char)text[i]) ? ' ' : text[i];
    return out;
}
/// Where the parenthesis at `open` closes; the text's end where it does not.
static size_t closing(const std::string &text, size_t open) {
    int depth = 0;
    for (size_t i = open; i < text.size(); i++)
        if (text[i] == '(') depth++;
        else if (text[i] == ')' && !--depth) return i;
    return text.size();
}
/// What goes in front of the line `KERNEL …` at `at`, on the same line, so that the compiler's lines stay the text's.
static std::string trampoline(const std::string &text, size_t at) {
    std::string bounds = "1024", name, parameters;
    for (size_t i = at + 6; i < text.size();) {
        size_t open = text.find('(', i), close = closing(text, open), end = open;
        if (open >= text.size() || close >= text.size()) return "";
        while (end > i && isspace((unsigned char)text[end - 1])) end--;
        size_t begin = end;
        while (begin > i && of_name(text[begin - 1])) begin--;
        name = text.substr(begin, end - begin);
        parameters = without_comments(text.substr(open + 1, close - open - 1));
        if (name != "__launch_bounds__") break;
        bounds = parameters.substr(0, parameters.find(',')), i = close + 1;
    }
    std::string types, call;
    int depth = 0, count = 0;
    for (size_t begin = 0, i = 0; i <= parameters.size(); i++) {
        char c = i < parameters.size() ? parameters[i] : ',';
        depth += (c == '(' || c == '<') - (c == ')' || c == '>');
        if (c != ',' || (depth && i < parameters.size())) continue;
        size_t end = i;
        while (end > begin && isspace((unsigned char)parameters[end - 1])) end--;
        while (end > begin && of_name(parameters[end - 1])) end--;
        std::string type = parameters.substr(begin, end - begin);
        begin = i + 1;
        if (type.find_first_not_of(' ') == std::string::npos) continue;
        types += "sizeof(" + type + "), ";
        call += (count ? ", *(" : "*(") + type + " *)p[" + std::to_string(count) + "]", count++;
    }
    return "extern \"C\" void " + name + "(" + parameters + "); EMULATED_EXPORT void " + name +
           "__emulated(void **p) { " + name + "(" + call + "); } EMULATED_EXPORT const unsigned long " + name +
           "__parameters[] = {" + bounds + ", " + types + "0}; ";
}
static std::string with_trampolines(const std::string &text) {
    std::string out;
    for (size_t line = 0; line < text.size();) {
        size_t next = std::min(text.find('\n', line), text.size() - 1) + 1;
        if (!text.compare(line, 6, "KERNEL") && !of_name(text[line + 6])) out += trampoline(text, line);
        out += text.substr(line, next - line), line = next;
    }
    return out;
}

// Programs -----------------------------------------------------------------------------------------------------------

static std::string shell_word(const std::string &word) {
    std::string out = "'";
    for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}
static std::string contents(const std::filesystem::path &path) {
    std::ostringstream out;
    out << std::ifstream(path, std::ios::binary).rdbuf();
    return out.str();
}
static Result compile(Program *program, const std::vector<std::string> &options, const std::filesystem::path &folder) {
    Dl_info here;
    dladdr((void *)compile, &here);
    const char *compiler = getenv("YOSO_EMULATED_COMPILER"), *flags = getenv("YOSO_EMULATED_FLAGS");
    bool contracts = true, makes = false;
    std::string defines;
    for (size_t i = 0; i < options.size(); i++) {
        std::string option = options[i];
        if (option == "--fmad=false" || option == "-fmad=false") contracts = false;
        if (option.find("arch") != option.npos && option.find("sm_") != option.npos) makes = true;
        if (option == "-D" && i + 1 < options.size()) option += options[++i];
        if (!option.compare(0, 15, "--define-macro=")) option = "-D" + option.substr(15);
        if (!option.compare(0, 2, "-D")) defines += " " + shell_word(option);
    }
    for (auto &[name, text] : program->headers) std::ofstream(folder / name) << text;
    std::ofstream(folder / program->name) << with_trampolines(program->text);
    std::string command = "cd " + shell_word(folder) + " && " + shell_word(compiler ? compiler : EMULATED_COMPILER) +
                          " -std=c++17 -O2 -march=x86-64-v3 -w -fPIC -shared -fvisibility=hidden -fno-exceptions" +
                          (contracts ? " -ffp-contract=fast" : " -ffp-contract=off") + defines + " " + (flags ? flags : "") +
                          " -I. -include " + shell_word(std::filesystem::path(here.dli_fname).parent_path() / "module.h") +
                          " -x c++ " + shell_word(program->name) + " -o out 2>&1";
    FILE *pipe = popen(command.c_str(), "r");
    if (!pipe) return out_of_host_memory;
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, pipe));) program->log.append(part, n);
    if (pclose(pipe)) return compilation;
    std::string object = contents(folder / "out");
    unsigned long long bytes = object.size();
    if (makes) program->image = "EMULATED" + std::string((char *)&bytes, 8) + object;
    return success;
}
EXPORT Result nvrtcVersion(int *major, int *minor) {
    *major = 13, *minor = 0;
    return success;
}
EXPORT Result nvrtcCreateProgram(Program **program, const char *text, const char *name, int count, const char **headers,
                                 const char **names) {
    if (!program || !text) return invalid_input;
    std::string file = name && *name ? std::filesystem::path(name).filename().string() : "default_program";
    *program = new Program{text, file, "", "", {}};
    for (int i = 0; i < count; i++) (*program)->headers.emplace_back(names[i], headers[i]);
    return success;
}
EXPORT Result nvrtcCompileProgram(Program *program, int count, const char **options) {
    if (driver::number("YOSO_EMULATED_NO_BUILTINS", 0)) {
        program->log = "nvrtc: error: failed to open libnvrtc-builtins.so.13.0.\n  Make sure that it is installed correctly.";
        return no_builtins;
    }
    std::string folder = (std::filesystem::temp_directory_path() / "emulated-XXXXXX").string();
    if (!mkdtemp(folder.data())) return out_of_host_memory;
    program->log = program->image = "";
    Result result = compile(program, std::vector<std::string>(options, options + count), folder);
    std::filesystem::remove_all(folder);
    return result;
}
EXPORT Result nvrtcGetProgramLogSize(Program *program, size_t *bytes) {
    *bytes = program->log.size() + 1;
    return success;
}
EXPORT Result nvrtcGetProgramLog(Program *program, char *log) {
    memcpy(log, program->log.c_str(), program->log.size() + 1);
    return success;
}
EXPORT Result nvrtcGetCUBINSize(Program *program, size_t *bytes) {
    *bytes = program->image.size();
    return success;
}
EXPORT Result nvrtcGetCUBIN(Program *program, char *image) {
    memcpy(image, program->image.data(), program->image.size());
    return program->image.empty() ? invalid_program : success;
}
EXPORT Result nvrtcDestroyProgram(Program **program) {
    delete *program;
    *program = nullptr;
    return success;
}
EXPORT const char *nvrtcGetErrorString(Result result) {
    switch (result) {
    case success: return "NVRTC_SUCCESS";
    case out_of_host_memory: return "NVRTC_ERROR_OUT_OF_MEMORY";
    case invalid_input: return "NVRTC_ERROR_INVALID_INPUT";
    case invalid_program: return "NVRTC_ERROR_INVALID_PROGRAM";
    case compilation: return "NVRTC_ERROR_COMPILATION";
    default: return "NVRTC_ERROR unknown";
    }
}
