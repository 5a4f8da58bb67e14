DROP INDEX tramite_do_fluxo, evento_do_fluxo_nacional;
