use super::*;
use std::fmt::Write;

fn id(texto: &str) -> Id {
    Id::novo(&sha256(texto).iter().fold("sha256:".to_owned(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    }))
}

fn com(confiaveis: &[(&str, &str)], so_confiaveis: bool) -> Persistidos {
    let um = |(id, texto): &(&str, &str)| Confiavel { id: (*id).into(), texto: (*texto).into() };
    let confiaveis: Vec<_> = confiaveis.iter().map(um).collect();
    Persistidos::novos(&confiaveis, so_confiaveis).ok().unwrap()
}

#[test]
fn o_que_um_cliente_mandou_e_serviu_acha_se_pelo_resumo() {
    let persistidos = com(&[], false);
    let por_id = || persistidos.achar(Referencia::Id(id("{ a }")));
    assert_eq!(por_id(), Err(NaoAchado::Desconhecido));
    let outro = persistidos.achar(Referencia::Ambos("{ b }".into(), id("{ a }")));
    assert_eq!(outro, Err(NaoAchado::Divergente));
    let novo = persistidos.achar(Referencia::Ambos("{ a }".into(), id("{ a }"))).unwrap();
    assert_eq!(por_id(), Err(NaoAchado::Desconhecido));
    persistidos.lembrar(novo);
    assert_eq!(por_id().unwrap().texto(), "{ a }");
    // What came without an id is not remembered.
    persistidos.lembrar(persistidos.achar(Referencia::Texto("{ b }".into())).unwrap());
    assert_eq!(persistidos.achar(Referencia::Id(id("{ b }"))), Err(NaoAchado::Desconhecido));
    for malformado in ["", "sha256:", "zz", &"é".repeat(32), &"+1".repeat(32)] {
        let achado = persistidos.achar(Referencia::Id(Id::novo(malformado)));
        assert_eq!(achado, Err(NaoAchado::Desconhecido), "{malformado}");
    }
}

#[test]
fn o_que_se_lembra_tem_limite() {
    let persistidos = com(&[], false);
    for i in 0..200 {
        let texto = format!("{{ a }}{}#{i}", " ".repeat(200_000));
        let novo = persistidos.achar(Referencia::Ambos(texto.clone(), id(&texto))).unwrap();
        persistidos.lembrar(novo);
    }
    assert!(persistidos.enviados.weight() <= BYTES_MAXIMO);
    assert!(persistidos.enviados.len() > 20, "{}", persistidos.enviados.len());
}

#[test]
fn so_os_confiaveis_se_se_diz() {
    let persistidos = com(&[("um", "{ a }")], true);
    for boa in [
        Referencia::Id(Id::novo("um")),
        Referencia::Texto("{ a }".into()),
        Referencia::Ambos("{ a }".into(), Id::novo("um")),
        Referencia::Ambos("{ a }".into(), id("{ a }")),
    ] {
        assert_eq!(persistidos.achar(boa).unwrap().texto(), "{ a }");
    }
    for (ma, porque) in [
        (Referencia::Id(id("{ b }")), NaoAchado::NaoConfiavel),
        (Referencia::Texto("{ b }".into()), NaoAchado::NaoConfiavel),
        (Referencia::Ambos("{ b }".into(), id("{ b }")), NaoAchado::NaoConfiavel),
        (Referencia::Ambos("{ b }".into(), Id::novo("um")), NaoAchado::Divergente),
    ] {
        assert_eq!(persistidos.achar(ma), Err(porque));
    }
}

#[test]
fn um_id_tem_um_documento() {
    let par = |id: &str, texto: &str| Confiavel { id: id.into(), texto: texto.into() };
    let novos =
        |texto: &str| Persistidos::novos(&[par("a", "{ a }"), par("sha256:a", texto)], true);
    assert!(novos("{ a }").is_ok());
    assert_eq!(novos("{ b }").err().unwrap().0, "sha256:a");
}
