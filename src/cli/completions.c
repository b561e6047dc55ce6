/* kedge completions bash|zsh|fish: what a shell needs to complete commands and options, from the same tables that parse
 * them. The build installs its output. */
#include <stdio.h>

#include "base/attributes.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/option.h"

static const struct option_table *options_of(const struct command *command)
{
    static const struct option_table none = { NULL, 0 };
    return command->options ? command->options() : &none;
}

/* Text between single quotes, for all three shells. */
static void print_quoted(const char *text)
{
    putchar('\'');
    for (const char *at = text; *at; at++) {
        if (*at == '\'')
            fputs("'\\''", stdout);
        else
            putchar(*at);
    }
    putchar('\'');
}

static void print_bash_words(const struct command *command)
{
    const struct option_table *table = options_of(command);
    for (size_t i = 0; i < table->count; i++)
        if (table->entries[i].name)
            printf(" --%s", table->entries[i].name);
    if (command->words)
        printf(" %s", command->words);
}

static void print_bash(void)
{
    fputs("_kedge() {\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} words\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
          "        words='--help --version", stdout);
    for (size_t i = 0; i < command_count; i++)
        if (commands[i].summary)
            printf(" %s", commands[i].name);
    fputs("'\n"
          "    else\n"
          "        case ${COMP_WORDS[1]} in\n", stdout);
    for (size_t i = 0; i < command_count; i++) {
        printf("        %s) words='", commands[i].name);
        print_bash_words(&commands[i]);
        fputs("' ;;\n", stdout);
    }
    fputs("        esac\n"
          "        if [ \"${word#-}\" = \"$word\" ]; then\n"
          "            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
          "        fi\n"
          "    fi\n"
          "    local found\n"
          "    while read -r found; do\n"
          "        COMPREPLY+=(\"$found\")\n"
          "    done < <(compgen -W \"$words\" -- \"$word\")\n"
          "}\n"
          "complete -o filenames -F _kedge kedge\n", stdout);
}

/* In zsh's _arguments '[' ']' and ':' have a meaning of their own. */
static void print_zsh_text(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '\'')
            fputs("'\\''", stdout);
        else if (str_find(STR("[]:\\"), *at) < 4)
            printf("\\%c", *at);
        else
            putchar(*at);
    }
}

static void print_zsh_command(const struct command *command)
{
    const struct option_table *table = options_of(command);
    printf("    %s)\n        _arguments", command->name);
    for (size_t i = 0; i < table->count; i++) {
        const struct option_entry *entry = &table->entries[i];
        if (!entry->name)
            continue;
        /* '*' lets an option be given more than once; "--name=-" takes its value after '=' or as the next word. */
        printf(" \\\n            '*--%s%s[", entry->name,
               entry->takes == OPTION_SWITCH ? "" : entry->takes == OPTION_VALUE ? "=" : "=-");
        print_zsh_text(entry->help);
        putchar(']');
        if (entry->takes != OPTION_SWITCH) {
            fputs(entry->takes == OPTION_VALUE ? ":" : "::", stdout);
            print_zsh_text(entry->value_name);
            fputs(":_files", stdout);
        }
        putchar('\'');
    }
    if (command->words)
        printf(" \\\n            '1:command:(%s)'", command->words);
    fputs(" \\\n            '*:file:_files' ;;\n", stdout);
}

static void print_zsh(void)
{
    fputs("#compdef kedge\n"
          "local -a commands\n"
          "commands=(\n", stdout);
    for (size_t i = 0; i < command_count; i++) {
        if (!commands[i].summary)
            continue;
        printf("    '%s:", commands[i].name);
        print_zsh_text(commands[i].summary);
        fputs("'\n", stdout);
    }
    fputs(")\n"
          "if (( CURRENT == 2 )); then\n"
          "    _describe command commands\n"
          "    return\n"
          "fi\n"
          "shift words\n"
          "(( CURRENT-- ))\n"
          "case $words[1] in\n", stdout);
    for (size_t i = 0; i < command_count; i++)
        print_zsh_command(&commands[i]);
    fputs("esac\n", stdout);
}

static void print_fish_command(const struct command *command)
{
    const struct option_table *table = options_of(command);
    if (command->summary) {
        printf("complete -c kedge -n __fish_use_subcommand -f -a %s -d ", command->name);
        print_quoted(command->summary);
        putchar('\n');
    }
    if (command->words)
        printf("complete -c kedge -n '__fish_seen_subcommand_from %s' -a '%s'\n", command->name, command->words);
    for (size_t i = 0; i < table->count; i++) {
        const struct option_entry *entry = &table->entries[i];
        if (!entry->name)
            continue;
        printf("complete -c kedge -n '__fish_seen_subcommand_from %s' -l %s%s -d ", command->name, entry->name,
               entry->takes == OPTION_VALUE ? " -r" : "");
        print_quoted(entry->help);
        putchar('\n');
    }
}

static void print_fish(void)
{
    for (size_t i = 0; i < command_count; i++)
        print_fish_command(&commands[i]);
}

int command_completions(int argc, char **argv)
{
    static const struct {
        const char *shell;
        void (*print)(void);
    } printers[] = { { "bash", print_bash }, { "zsh", print_zsh }, { "fish", print_fish } };
    str shell = str_of(argc == 2 ? argv[1] : NULL);
    for (size_t i = 0; i < COUNT(printers); i++) {
        if (!str_equal(shell, str_of(printers[i].shell)))
            continue;
        printers[i].print();
        return fflush(stdout) == 0 ? EXIT_FINE : EXIT_FAILED;
    }
    fputs("usage: kedge completions bash|zsh|fish\n", stderr);
    return EXIT_USAGE;
}
