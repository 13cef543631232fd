# SPDX-License-Identifier: Apache-2.0
# bash completion of tra-ce. The subcommands are asked of the program itself.
_tra_ce()
{
	local cur prev words cword
	_init_completion || return

	local i=1 subcommand=
	while ((i < cword)); do
		case ${words[i]} in
		--data) ((i++)) ;;
		-*) ;;
		*)
			subcommand=${words[i]}
			break
			;;
		esac
		((i++))
	done
	if [[ $prev == --data || $prev == --out ]]; then
		_filedir -d
		return
	fi
	if [[ -z $subcommand ]]; then
		COMPREPLY=($(compgen -W "--data --json --help $(tra-ce --help 2>/dev/null | sed -n 's/^  \([a-z][a-z]*\) .*/\1/p')" -- "$cur"))
		return
	fi
	# What follows the subcommand in the help: its words and its options.
	local about
	about=$(tra-ce --help 2>/dev/null | sed -n "/^  $subcommand /,/^  [a-z]/{/^  [a-z]/d;p}")
	if [[ $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$(grep -o -e '--[a-z][a-z-]*' <<<"$about")" -- "$cur"))
	elif ((cword == i + 1)) && [[ $about == *"|"* ]]; then
		# Ways to call it stand between bars with a space before them.
		COMPREPLY=($(compgen -W "$(sed 's/ |\( \|$\)/\n/g' <<<"$about" | sed -n 's/^[[:space:]]*\([a-z][a-z]*\).*/\1/p')" -- "$cur"))
		[[ ${#COMPREPLY[@]} -gt 0 ]] || _filedir
	else
		_filedir
	fi
}
complete -F _tra_ce tra-ce
