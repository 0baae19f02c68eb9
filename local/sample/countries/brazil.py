"""People in Brazil, who speak Portuguese and keep summer time no longer (since 2019)."""

from local.sample.countries.country import City, Country, names

BRAZIL = Country(
    code="BR",
    language="pt-BR",
    language_name="Português (Brasil)",
    zone="America/Sao_Paulo",
    women=names("""
        Maria Ana Júlia Beatriz Larissa Letícia Camila Fernanda Patrícia Luciana Mariana Gabriela Débora
        Vitória Lívia Heloísa Alice Cecília Conceição Inês Raquel Sônia Tânia Cláudia Rosângela Eduarda Yasmin
        Antônia Francisca Aparecida Luíza Helena Isabela Manuela Renata
    """),
    men=names("""
        João José Antônio Francisco Carlos Paulo Pedro Lucas Luiz Marcos Gabriel Rafael Daniel Marcelo Bruno
        Eduardo Felipe Rodrigo Mateus André Fábio César Otávio Vinícius Thiago Caio Davi Heitor Joaquim Miguel
        Sebastião Raimundo Murilo Tomás Vítor
    """),
    families=names("""
        Silva Santos Oliveira Souza Rodrigues Ferreira Alves Pereira Lima Gomes Costa Ribeiro Martins Carvalho
        Almeida Lopes Soares Fernandes Vieira Barbosa Rocha Dias Nascimento Andrade Moreira Nunes Marques
        Machado Mendes Freitas Cardoso Ramos Gonçalves Araújo Conceição Magalhães Sant'Anna D'Ávila da_Cruz
        dos_Anjos
    """),
    second_family=0.6,
    streets=names("""
        Rua_das_Flores Rua_das_Acácias Rua_do_Comércio Avenida_Brasil Rua_São_José Rua_da_Paz Avenida_Central
        Rua_Sete_de_Setembro Rua_Quinze_de_Novembro Travessa_do_Sol Rua_dos_Ipês Alameda_das_Palmeiras
    """),
    street_line="{street}, {number}",
    cities=(
        City("São Paulo", "SP", "01###-###"),
        City("Campinas", "SP", "13###-###"),
        City("Rio de Janeiro", "RJ", "20###-###"),
        City("Belo Horizonte", "MG", "30###-###"),
        City("Curitiba", "PR", "80###-###"),
        City("Florianópolis", "SC", "88###-###"),
        City("Vitória", "ES", "29###-###"),
        City("Brasília", "DF", "70###-###"),
    ),
    clinic="Clínica da Família {city} {number}",
    visit="Consulta de acompanhamento",
    second_language=("es", "Español"),
)
